using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using System.Threading;
using Limber.Device;
using Limber.Interop;
using Limber.Memory;
using Limber.Pci;
using Limber.Pci.Tests.Fakes;

namespace Limber.Vfio.Tests.Fakes;

/// <summary>A machine without a hypervisor, its guest, and a host whose functions can be passed through.</summary>
internal sealed class FakeMachine : IMsiController, IDoorbellController, IGuestMappings, IDeviceLog, IDisposable
{
    public const ulong Mmio64 = 0x10_0000_0000;
    public const ulong Ecam = 0xE000_0000;

    private readonly IoBus memory = new("memory");
    private readonly IoBus ports = new("I/O port");
    private int guestErrors;

    public FakeMachine()
    {
        Wires = [.. Enumerable.Range(0, PciHost.InterruptCount).Select(_ => new FakeLine())];
        var host = new PciHost(memory, ports, this, this, this, [.. Wires], this);
        Bridge = new PciHostBridge(host, new PciWindows(0xC000_0000, 0x2000_0000, Mmio64, 0x10_0000_0000, 0x1000, 0xF000, Ecam), firstInterrupt: 16);
        Manager = new VfioManager(Host);
    }

    public FakeHost Host { get; } = new();

    public VfioManager Manager { get; }

    public PciHostBridge Bridge { get; }

    public ImmutableArray<FakeLine> Wires { get; }

    public List<FakeVector> Vectors { get; } = [];

    public List<FakeMapping> Mappings { get; } = [];

    public bool RefuseMappings { get; set; }

    public int GuestErrors => Volatile.Read(ref guestErrors);

    public GuestMemory Ram { get; } = new([new GuestMemoryRegion(new GuestAddress(0), HostMapping.AllocatePrivate(0x10_0000, "RAM"))]);

    /// <summary>Passes the host's function through as device 3 of the root bus.</summary>
    public VfioPciFunction Plug(FakeHostFunction function)
    {
        VfioPciFunction opened = Manager.Open(function.Path, "dev0", Ram);
        Bridge.Bus.Add(opened, 3);
        return opened;
    }

    public void Unplug(VfioPciFunction function)
    {
        Bridge.Bus.Remove(function);
        function.Dispose();
    }

    public uint ReadConfig(int register, int width = 4) => unchecked((uint)Read(Ecam + (3UL << 15) + (uint)register, width));

    public void WriteConfig(int register, uint value, int width = 4) => Write(Ecam + (3UL << 15) + (uint)register, value, width);

    public ulong Read(ulong address, int width = 4)
    {
        Span<byte> data = stackalloc byte[8];
        memory.Read(address, data[..width]);
        data[width..].Clear();
        return BinaryPrimitives.ReadUInt64LittleEndian(data);
    }

    public void Write(ulong address, ulong value, int width = 4)
    {
        Span<byte> data = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(data, value);
        memory.Write(address, data[..width]);
    }

    /// <summary>Waits for another thread's doing.</summary>
    public static void Eventually(Func<bool> condition) =>
        Assert.True(SpinWait.SpinUntil(condition, TimeSpan.FromSeconds(20)));

    IMsiVector IMsiController.Allocate()
    {
        var vector = new FakeVector();
        Vectors.Add(vector);
        return vector;
    }

    IDisposable? IDoorbellController.Bind(ulong address, HostEvent target) => null;

    IDisposable IGuestMappings.Map(ulong address, nint host, ulong length, bool readOnly)
    {
        if (RefuseMappings)
        {
            throw new HostException("no slot left", 28);
        }

        var mapping = new FakeMapping(this, address, host, length, readOnly);
        Mappings.Add(mapping);
        return mapping;
    }

    void IDeviceLog.GuestError(string device, string oddity) => Interlocked.Increment(ref guestErrors);

    public void Dispose()
    {
        foreach (VfioPciFunction function in Manager.Functions)
        {
            if (function.Bus is { } bus)
            {
                bus.Remove(function);
            }

            function.Dispose();
        }

        Manager.Dispose();
        Host.Dispose();
        foreach (GuestMemoryRegion region in Ram.Regions)
        {
            region.Dispose();
        }
    }
}
