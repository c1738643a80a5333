using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Linq;
using System.Runtime.InteropServices;
using Limber.Device;
using Limber.Interop;
using Limber.Memory;
using Limber.Pci;
using Limber.TestKit;
using Limber.Vfio;

namespace Limber.LabTests.Vfio;

/// <summary>
/// A machine without a hypervisor: the scenario plays the guest of a function that is really passed through. It programs the
/// function through the machine's buses, and touches mapped BARs as a guest does: directly.
/// </summary>
internal sealed class VfioGuest : IMsiController, IDoorbellController, IGuestMappings, IDeviceLog, IDisposable
{
    public const ulong Bar = 0xC000_0000;
    private const ulong Ecam = 0xE000_0000;
    private const ulong RamSize = 16 << 20;
    private const int Slot = 3;

    private readonly IoBus buses = new("memory");
    private readonly PciHostBridge bridge;
    private readonly Dictionary<(ulong Start, ulong Length), nint> mapped = [];

    public VfioGuest(string path)
    {
        var wires = Enumerable.Range(0, PciHost.InterruptCount).Select(_ => new VfioPin()).ToArray();
        Pin = wires[PciHost.GetInterruptIndex(Slot, 1)];
        bridge = new PciHostBridge(
            new PciHost(buses, new IoBus("port"), this, this, this, [.. wires], this),
            new PciWindows(Bar, 0x2000_0000, 0x10_0000_0000, 0x10_0000_0000, 0x1000, 0xF000, Ecam),
            firstInterrupt: 16);
        Ram = new GuestMemory([new GuestMemoryRegion(new GuestAddress(0), HostMapping.AllocateShared(RamSize, "RAM"))]);
        try
        {
            Function = Manager.Open(path, "passed-through", Ram);
        }
        catch (HostException refused)
        {
            throw new ScenarioException(refused.Message);
        }

        Function.Faulted += (_, text) => { lock (Faults) { Faults.Add(text); } };
        bridge.Bus.Add(Function, Slot);
    }

    public VfioManager Manager { get; } = new();

    public VfioPciFunction Function { get; }

    public GuestMemory Ram { get; }

    public VfioPin Pin { get; }

    public List<VfioVector> Vectors { get; } = [];

    public List<string> Faults { get; } = [];

    public List<string> Oddities { get; } = [];

    public IEnumerable<(ulong Start, ulong Length)> Mapped => mapped.Keys.Order();

    public uint ReadConfig(int register, int width = 4) => (uint)Read(Ecam + ((ulong)Slot << 15) + (uint)register, width);

    public void WriteConfig(int register, uint value, int width = 4) => Write(Ecam + ((ulong)Slot << 15) + (uint)register, value, width);

    /// <summary>Offset of a capability; fails the scenario when the guest doesn't find it.</summary>
    public int FindCapability(byte id)
    {
        int next = (int)ReadConfig(0x34, 1);
        for (int i = 0; next != 0 && i < 48; i++, next = (int)ReadConfig(next + 1, 1))
        {
            if (ReadConfig(next, 1) == id)
            {
                return next;
            }
        }

        throw new ScenarioException($"the guest finds no capability 0x{id:x}");
    }

    /// <summary>Puts the first BAR at <see cref="Bar"/> and turns memory and mastering on.</summary>
    public void Start()
    {
        WriteConfig(0x10, unchecked((uint)Bar));
        WriteConfig(0x14, 0);
        WriteConfig(4, 6, 2);
    }

    public ulong Read(ulong address, int width = 4)
    {
        if (Find(address) is { } host)
        {
            return width == 8 ? unchecked((ulong)Marshal.ReadInt64(host)) : unchecked((uint)Marshal.ReadInt32(host));
        }

        Span<byte> data = stackalloc byte[8];
        buses.Read(address, data[..width]);
        data[width..].Clear();
        return BinaryPrimitives.ReadUInt64LittleEndian(data);
    }

    public void Write(ulong address, ulong value, int width = 4)
    {
        if (Find(address) is { } host)
        {
            if (width == 8)
            {
                Marshal.WriteInt64(host, unchecked((long)value));
            }
            else
            {
                Marshal.WriteInt32(host, unchecked((int)value));
            }

            return;
        }

        Span<byte> data = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(data, value);
        buses.Write(address, data[..width]);
    }

    /// <summary>What a reset of the machine does.</summary>
    public void Reset()
    {
        bridge.Reset();
        Check.True(Manager.WaitForResets(TimeSpan.FromSeconds(30)), "the reset did not end");
    }

    public void Dispose()
    {
        bridge.Bus.Remove(Function);
        Function.Dispose();
        Manager.Dispose();
        foreach (GuestMemoryRegion region in Ram.Regions)
        {
            region.Dispose();
        }
    }

    IMsiVector IMsiController.Allocate()
    {
        var vector = new VfioVector();
        Vectors.Add(vector);
        return vector;
    }

    IDisposable? IDoorbellController.Bind(ulong address, HostEvent target) => null;

    IDisposable IGuestMappings.Map(ulong address, nint host, ulong length, bool readOnly)
    {
        mapped.Add((address, length), host);
        return new Mapping(() => mapped.Remove((address, length)));
    }

    void IDeviceLog.GuestError(string device, string oddity)
    {
        lock (Oddities)
        {
            Oddities.Add(oddity);
        }
    }

    private nint? Find(ulong address)
    {
        foreach (((ulong start, ulong length), nint host) in mapped)
        {
            if (address >= start && address - start < length)
            {
                return host + (nint)(address - start);
            }
        }

        return null;
    }

    private sealed class Mapping(Action undo) : IDisposable
    {
        public void Dispose() => undo();
    }
}
