using System.Text;
using Limber.Control;

namespace Limber.Servers.Hmp;

/// <summary>What a command sees; it appends its output, with LF line ends, to <see cref="Output"/>.</summary>
internal sealed class HmpContext(MonitorServices services, HmpFocus? focus = null)
{
    /// <summary>Of the session; without one it lasts for the command.</summary>
    public HmpFocus Focus { get; } = focus ?? new HmpFocus();

    public MonitorServices Services => services;

    public IVirtualMachine Machine => services.Machine;

    public StringBuilder Output { get; } = new();

    public void PrintLine(string text) => Output.Append(text).Append('\n');
}
