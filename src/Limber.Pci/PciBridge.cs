using System;
using Limber.Device;

namespace Limber.Pci;

/// <summary>A PCI-to-PCI bridge: type 1 header, bus numbers, windows, reset of the bus behind it (PCI-to-PCI Bridge 1.2).</summary>
/// <remarks>
/// Guest-controlled: windows and bus numbers. A range that ends before it begins forwards nothing; bus numbers are honoured
/// only when they lead downwards, so that no walk goes round in circles.
/// </remarks>
public abstract class PciBridge : PciFunction
{
    private const byte Io32 = 0x01;
    private const ushort Prefetchable64 = 0x0001;

    private readonly int secondaryDevices;
    private PciBus? secondary;

    private protected PciBridge(PciIdentity identity, string name, int secondaryDevices)
        : base(identity, name, isBridge: true)
    {
        this.secondaryDevices = secondaryDevices;
        Config.SetWritable(PciRegisters.PrimaryBus, 1, 0xFF);
        Config.SetWritable(PciRegisters.SecondaryBus, 1, 0xFF);
        Config.SetWritable(PciRegisters.SubordinateBus, 1, 0xFF);
        Config.SetUInt16(PciRegisters.IoBase, Io32 | (Io32 << 8));
        Config.SetWritable(PciRegisters.IoBase, 2, 0xF0F0);
        Config.SetClearable(PciRegisters.SecondaryStatus, 2, PciRegisters.StatusErrors);
        Config.SetWritable(PciRegisters.MemoryBase, 4, 0xFFF0_FFF0);
        Config.SetUInt32(PciRegisters.PrefetchableBase, Prefetchable64 | ((uint)Prefetchable64 << 16));
        Config.SetWritable(PciRegisters.PrefetchableBase, 4, 0xFFF0_FFF0);
        Config.SetWritable(PciRegisters.PrefetchableBaseUpper, 4, uint.MaxValue);
        Config.SetWritable(PciRegisters.PrefetchableLimitUpper, 4, uint.MaxValue);
        Config.SetWritable(PciRegisters.IoBaseUpper, 4, uint.MaxValue);
        Config.SetWritable(PciRegisters.BridgeControl, 2, PciRegisters.BridgeControlWritable);
    }

    /// <summary>The bus behind it.</summary>
    /// <exception cref="InvalidOperationException">The bridge has never been on a bus.</exception>
    public PciBus SecondaryBus => secondary ?? throw new InvalidOperationException($"{Name} is on no PCI bus");

    /// <summary>The windows it forwards downwards, as the guest programmed them.</summary>
    internal BridgeWindows Windows => BridgeWindows.Read(Config);

    /// <summary>What is behind it can be reached: power, link.</summary>
    private protected virtual bool IsOpen => true;

    private protected override int BarRegistersLength => 2 * sizeof(uint);

    /// <summary>Configuration transactions for the bus go through it.</summary>
    internal bool Leads(byte bus)
    {
        byte own = Bus?.Number ?? 0;
        byte first = Config.GetByte(PciRegisters.SecondaryBus);
        return bus >= first && bus <= Config.GetByte(PciRegisters.SubordinateBus) && first > own && !IsHeldInReset && IsOpen;
    }

    /// <summary>Accesses to the range go through it.</summary>
    internal bool Forwards(bool io, ulong start, ulong length)
    {
        ushort needed = io ? PciRegisters.CommandIo : PciRegisters.CommandMemory;
        return (Config.GetUInt16(PciRegisters.Command) & needed) != 0 && !IsHeldInReset && IsOpen && Windows.Contains(io, start, length);
    }

    private bool IsHeldInReset =>
        (Config.GetUInt16(PciRegisters.BridgeControl) & PciRegisters.BridgeControlSecondaryReset) != 0;

    /// <inheritdoc/>
    protected override void OnAttached() => secondary ??= new PciBus(Bus!.Domain, this, secondaryDevices);

    /// <inheritdoc/>
    protected override void OnReset() => secondary?.Reset();

    private protected override void OnHeaderWritten(int offset, int length)
    {
        base.OnHeaderWritten(offset, length);
        if (Touches(offset, length, PciRegisters.BridgeControl, 2) && IsHeldInReset)
        {
            // Spec: 3.2.5.18; asserted again and again it finds a bus that is reset already.
            secondary?.Reset();
        }

        bool windows = Touches(offset, length, PciRegisters.IoBase, 2)
            || Touches(offset, length, PciRegisters.MemoryBase, PciRegisters.CapabilitiesPointer - PciRegisters.MemoryBase)
            || Touches(offset, length, PciRegisters.BridgeControl, 2);
        if (windows)
        {
            Bus?.Domain.Decoder.Refresh(this);
        }
    }
}
