using System.Text;
using Limber.Control;

namespace Limber.Servers.Hmp;

/// <summary>What a command sees; it appends its output, with LF line ends, to <see cref="Output"/>.</summary>
internal sealed class HmpContext(MonitorServices services)
{
    public MonitorServices Services => services;

    public IVirtualMachine Machine => services.Machine;

    public StringBuilder Output { get; } = new();

    public void PrintLine(string text) => Output.Append(text).Append('\n');
}
