using System;
using System.Collections.Generic;
using System.Threading;
using Limber.Device;

namespace Limber.Pci;

/// <summary>
/// A PCI function: configuration space, BARs, interrupts. A device derives from it and declares in its constructor what it has.
/// <code>
///   constructor            PciBus.Add              PciBus.Remove            Dispose
///  -------------> created ------------> attached ----------------> detached --------> gone
///                 inert                 the guest reaches it       nobody enters it
/// </code>
/// </summary>
/// <remarks>
/// Configuration transactions come one at a time, under <see cref="transaction"/>; the On... methods are called inside it.
/// Lock order: a bridge's transaction gate, the function's, the decoder, MSI-X, leaves. BAR accesses take none of them.
/// Guest-controlled: everything that comes through a transaction.
/// </remarks>
public abstract partial class PciFunction : IDisposable, IResettable
{
    private readonly Lock transaction = new();
    private readonly List<PciBar> bars = [];
    private MsixCapability? msix;
    private int? express;
    private PciBus? bus;
    private int slotIndex;
    private bool attached;
    private bool wasAttached;
    private bool busMaster;
    private bool found;

    /// <summary>An endpoint with a type 0 header.</summary>
    /// <param name="identity">What it says it is.</param>
    /// <param name="name">Who it is in logs and error texts.</param>
    protected PciFunction(PciIdentity identity, string name = "PCI function")
        : this(identity, name, isBridge: false)
    {
    }

    private protected PciFunction(PciIdentity identity, string name, bool isBridge)
    {
        Name = name;
        Config = new PciConfigSpace();
        Config.SetUInt16(PciRegisters.VendorId, identity.VendorId);
        Config.SetUInt16(PciRegisters.DeviceId, identity.DeviceId);
        Config.SetUInt32(PciRegisters.Revision, (identity.Class << 8) | identity.Revision);
        Config.SetWritable(PciRegisters.Command, 2, PciRegisters.CommandWritable);
        Config.SetClearable(PciRegisters.Status, 2, PciRegisters.StatusErrors);
        Config.SetWritable(PciRegisters.CacheLineSize, 1, 0xFF);
        Config.SetWritable(PciRegisters.InterruptLine, 1, 0xFF);
        if (isBridge)
        {
            Config.SetByte(PciRegisters.HeaderType, PciRegisters.HeaderBridge);
        }
        else
        {
            Config.SetUInt16(PciRegisters.SubsystemVendorId, identity.SubsystemVendorId);
            Config.SetUInt16(PciRegisters.SubsystemId, identity.SubsystemId);
        }
    }

    /// <summary>Who it is in logs and error texts.</summary>
    public string Name { get; }

    /// <summary>Its configuration space. A device changes its own registers here; guests' accesses come through the bus.</summary>
    public PciConfigSpace Config { get; }

    /// <summary>Where the guest finds it now; null while it is on no bus.</summary>
    public PciAddress? Address =>
        Bus is { } now ? new PciAddress(now.Number, (byte)(slotIndex >> 3), (byte)(slotIndex & 7)) : null;

    /// <summary>The guest lets it read and write memory and signal messages.</summary>
    public bool BusMasterEnabled => Volatile.Read(ref busMaster);

    /// <summary>
    /// The guest has read who it is since it came or was reset. A status report about its slot may say success although the
    /// guest found nothing there: Linux reports that it has looked.
    /// </summary>
    public bool IsFound => Volatile.Read(ref found);

    /// <summary>The bus it is on.</summary>
    public PciBus? Bus => Volatile.Read(ref bus);

    /// <summary>What it has of the machine.</summary>
    /// <exception cref="InvalidOperationException">It is on no bus.</exception>
    protected IPciHost Host =>
        Bus?.Domain.Host ?? throw new InvalidOperationException($"{Name} is on no PCI bus");

    internal IReadOnlyList<PciBar> Bars => bars;

    internal int Device => slotIndex >> 3;

    internal int FunctionNumber => slotIndex & 7;

    /// <summary>
    /// Returns to the state of power-on. Idempotent. BARs answer nowhere afterwards.
    /// </summary>
    /// <remarks>
    /// Thread: the machine's worker while no vCPU runs. A guest's reset of the bus behind a bridge does the same on a vCPU's.
    /// </remarks>
    public void Reset()
    {
        lock (transaction)
        {
            ResetState();
        }
    }

    /// <summary>Gives back what it has of the host. It is on no bus.</summary>
    public void Dispose()
    {
        if (attached)
        {
            throw new InvalidOperationException($"{Name} is still on PCI bus {Bus?.Number}");
        }

        Dispose(disposing: true);
        msix?.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>Gives back what a derived class has of the host.</summary>
    protected virtual void Dispose(bool disposing) { }

    /// <summary>Declares a base address register.</summary>
    /// <param name="index">0..5; 64-bit ones take the next one as well.</param>
    /// <param name="kind">What it decodes.</param>
    /// <param name="size">Bytes, a power of two: at least 4 for I/O (at most 256), at least 16 for memory.</param>
    /// <param name="handler">Answers where the guest puts it.</param>
    protected void AddBar(int index, PciBarKind kind, ulong size, IIoDevice handler)
    {
        ArgumentNullException.ThrowIfNull(handler);
        var bar = new PciBar(this, index, kind, size, handler);
        CheckBar(bar);
        uint flags = kind switch
        {
            PciBarKind.Io => PciRegisters.BarIo,
            PciBarKind.Memory64 => PciRegisters.BarMemory64,
            PciBarKind.Prefetchable64 => PciRegisters.BarMemory64 | PciRegisters.BarPrefetchable,
            _ => 0,
        };
        ulong mask = ~(size - 1) & ~(kind == PciBarKind.Io ? 0x3UL : 0xFUL);
        Config.SetUInt32(bar.Register, flags);
        Config.SetWritable(bar.Register, 4, unchecked((uint)mask));
        if (bar.Is64Bit)
        {
            Config.SetWritable(bar.Register + 4, 4, (uint)(mask >> 32));
        }

        bars.Add(bar);
    }

    /// <summary>Adds a capability; see <see cref="PciConfigSpace.AddCapability"/>.</summary>
    protected int AddCapability(byte id, ReadOnlySpan<byte> body, ReadOnlySpan<byte> writeMask) =>
        Config.AddCapability(id, body, writeMask);

    /// <summary>
    /// Adds MSI-X. The function puts <see cref="MsixCapability.Table"/> and <see cref="MsixCapability.PendingBits"/> at the
    /// offsets into the BAR.
    /// </summary>
    /// <param name="vectors">1..2048.</param>
    /// <param name="bar">Which BAR both are in.</param>
    /// <param name="tableOffset">A multiple of 8.</param>
    /// <param name="pbaOffset">A multiple of 8.</param>
    protected MsixCapability AddMsix(int vectors, int bar, uint tableOffset, uint pbaOffset) =>
        AddMsix(new MsixLayout(vectors, bar, tableOffset, bar, pbaOffset));

    /// <summary>Adds MSI-X that is laid out as the function has it elsewhere: one that is passed through.</summary>
    protected MsixCapability AddMsix(MsixLayout layout)
    {
        if (msix is not null)
        {
            throw new InvalidOperationException($"{Name} has MSI-X already");
        }

        msix = MsixCapability.Create(this, layout);
        return msix;
    }

    /// <summary>
    /// Adds a PCI Express capability: of an integrated endpoint on the root bus, else of an endpoint with a link. A function
    /// without one has 256 bytes of configuration space for most guests, and doesn't belong behind a PCIe port.
    /// </summary>
    /// <returns>Offset of the capability.</returns>
    protected int AddExpressCapability()
    {
        express = ExpressCapability.AddEndpoint(Config);
        return express.Value;
    }

    /// <summary>Declares that it has a pin, which <see cref="SetInterrupt"/> drives.</summary>
    /// <param name="pin">1 (INTA) to 4 (INTD).</param>
    protected void UseInterruptPin(int pin = 1)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(pin, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(pin, 4);
        Config.SetByte(PciRegisters.InterruptPin, (byte)pin);
    }

    /// <summary>A BAR answers from now on.</summary>
    /// <remarks>
    /// Thread: the vCPU's that programmed it, or whoever removed what was in the way. Called under locks of the bus: it may
    /// bind doorbells and map memory, and calls neither this function's registers nor a bus. It must not throw: where the host
    /// refuses, accesses keep reaching the handler.
    /// </remarks>
    protected virtual void OnBarMapped(int bar, ulong address) { }

    /// <summary>A BAR is about to answer no more; accesses may still be inside. As <see cref="OnBarMapped"/>.</summary>
    protected virtual void OnBarUnmapped(int bar) { }

    /// <summary>The guest is about to read configuration registers: the last moment to update them.</summary>
    protected virtual void OnConfigReading(int offset, int length) { }

    /// <summary>The guest wrote configuration registers; those of the header and of MSI-X have taken effect.</summary>
    protected virtual void OnConfigWritten(int offset, int length) { }

    /// <summary>Part of <see cref="Reset"/>: registers have their power-on values, no BAR answers, MSI-X is off.</summary>
    /// <remarks>May run on a vCPU's thread: it begins what takes long elsewhere and returns.</remarks>
    protected virtual void OnReset() { }

    /// <summary>It is about to appear on a bus; throwing refuses.</summary>
    protected virtual void OnAttached() { }

    /// <summary>It has left its bus; nobody enters it any more.</summary>
    protected virtual void OnDetached() { }
}
