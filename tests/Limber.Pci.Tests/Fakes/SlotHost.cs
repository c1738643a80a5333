using System.Collections.Generic;

namespace Limber.Pci.Tests.Fakes;

/// <summary>Writes down what the guest did with slots.</summary>
internal sealed class SlotHost : IPcieSlotHost
{
    public List<string> Log { get; } = [];

    public void OnEnabled(PcieRootPort port) => Add("enabled");

    public void OnReleased(PcieRootPort port) => Add("released");

    public void OnAttention(PcieRootPort port) => Add("attention");

    private void Add(string what)
    {
        lock (Log)
        {
            Log.Add(what);
        }
    }
}
