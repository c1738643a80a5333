using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Linq;
using Limber.Device;
using Limber.Interop;
using Limber.Pci;
using Limber.Virtio.Pci;
using Limber.Virtio.TestKit;

namespace Limber.Virtio.Tests.Fakes;

/// <summary>A virtio function on the root bus of a machine without a hypervisor, and the guest's accesses to it.</summary>
internal sealed class PciRig : IMsiController, IDoorbellController, IGuestMappings, IDisposable
{
    public const ulong BarAddress = 0x10_0000_0000;
    private const ulong Ecam = 0xE000_0000;
    private const int Slot = 3;
    private readonly PciHostBridge bridge;

    public PciRig(Func<VirtioDeviceContext, VirtioDevice> create)
    {
        Rig = new VirtioRig(create);
        Line = new WireProbe();
        var host = new PciHost(Memory, Ports, this, this, this, [Line, Line, Line, Line], Rig.Log);
        bridge = new PciHostBridge(host, new PciWindows(0xC000_0000, 0x2000_0000, BarAddress, 0x10_0000_0000, 0x1000, 0xF000, Ecam), 16);
        Function = new VirtioPciFunction(Rig.Device);
        bridge.Bus.Add(Function, Slot);
    }

    public VirtioRig Rig { get; }

    public VirtioPciFunction Function { get; }

    public IoBus Memory { get; } = new("memory");

    public IoBus Ports { get; } = new("port");

    public WireProbe Line { get; }

    public List<MsiProbe> Vectors { get; } = [];

    public Dictionary<ulong, HostEvent> Doorbells { get; } = [];

    /// <summary>How many doorbells the host has room for.</summary>
    public int DoorbellRoom { get; set; } = int.MaxValue;

    public IMsiVector Allocate()
    {
        var vector = new MsiProbe();
        Vectors.Add(vector);
        return vector;
    }

    public IDisposable? Bind(ulong address, HostEvent target)
    {
        if (Doorbells.Count >= DoorbellRoom)
        {
            return null;
        }

        Doorbells.Add(address, target);
        return new Binding(() => Doorbells.Remove(address));
    }

    public IDisposable Map(ulong address, nint host, ulong length, bool readOnly) => throw new NotSupportedException();

    public uint ReadConfig(int register, int width = 4)
    {
        Span<byte> data = stackalloc byte[4];
        data.Clear();
        Memory.Read(Ecam + (Slot << 15) + (ulong)register, data[..width]);
        return BinaryPrimitives.ReadUInt32LittleEndian(data);
    }

    public void WriteConfig(int register, uint value, int width = 4)
    {
        Span<byte> data = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(data, value);
        Memory.Write(Ecam + (Slot << 15) + (ulong)register, data[..width]);
    }

    public ulong Read(uint offset, int width)
    {
        Span<byte> data = stackalloc byte[8];
        data.Clear();
        Memory.Read(BarAddress + offset, data[..width]);
        return BinaryPrimitives.ReadUInt64LittleEndian(data);
    }

    public IoStatus Write(uint offset, ulong value, int width)
    {
        Span<byte> data = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(data, value);
        return Memory.Write(BarAddress + offset, data[..width]);
    }

    /// <summary>Puts the BAR at its address and turns memory and bus mastering on.</summary>
    public void Enable()
    {
        WriteConfig(0x10, unchecked((uint)BarAddress));
        WriteConfig(0x14, (uint)(BarAddress >> 32));
        WriteConfig(0x04, 0x6, 2);
    }

    /// <summary>Turns MSI-X on with all vectors unmasked.</summary>
    public void EnableMsix()
    {
        int capability = FindCapabilities(0x11).Single();
        for (int i = 0; i < Vectors.Count; i++)
        {
            Write((uint)(0x8000 + (16 * i)), 0xfee0_0000, 4);
            Write((uint)(0x8000 + (16 * i) + 8), (ulong)(0x40 + i), 4);
            Write((uint)(0x8000 + (16 * i) + 12), 0, 4);
        }

        WriteConfig(capability + 2, 0x8000, 2);
    }

    public IReadOnlyList<int> FindCapabilities(byte id)
    {
        var found = new List<int>();
        for (int at = (int)ReadConfig(0x34, 1); at != 0; at = (int)ReadConfig(at + 1, 1))
        {
            if (ReadConfig(at, 1) == id)
            {
                found.Add(at);
            }
        }

        return found;
    }

    /// <summary>The virtio capability of a type.</summary>
    public int FindVirtio(byte type) => FindCapabilities(9).Single(at => ReadConfig(at + 3, 1) == type);

    /// <summary>Everything a driver does up to DRIVER_OK, through the BAR only, for queue 0.</summary>
    public RingDriver Start(ulong features, ushort vector = 0xffff)
    {
        Write(0x14, 1, 1);
        Write(0x14, 3, 1);
        Write(0x08, 0, 4);
        Write(0x0c, features & uint.MaxValue, 4);
        Write(0x08, 1, 4);
        Write(0x0c, (features | VirtioFeatures.Version1) >> 32, 4);
        Write(0x14, 0x0b, 1);
        Assert.Equal(0x0bUL, Read(0x14, 1));
        var ring = RingDriver.Create(Rig.Memory, 16, features);
        Write(0x10, 0, 2);
        Write(0x16, 0, 2);
        Write(0x18, 16, 2);
        Write(0x1a, vector, 2);
        Write(0x20, ring.Settings.Descriptors.Value & uint.MaxValue, 4);
        Write(0x24, ring.Settings.Descriptors.Value >> 32, 4);
        Write(0x28, ring.Settings.Driver.Value, 8);
        Write(0x30, ring.Settings.Device.Value, 8);
        Write(0x1c, 1, 2);
        Write(0x14, 0x0f, 1);
        Assert.Equal(0x0fUL, Read(0x14, 1));
        return ring;
    }

    /// <summary>Notifies as the guest does: by a write to the queue's address.</summary>
    public void Notify(int queue)
    {
        ulong address = BarAddress + 0x3000 + (ulong)(4 * queue);
        if (Doorbells.TryGetValue(address, out HostEvent? doorbell))
        {
            doorbell.Signal();
        }
        else
        {
            Assert.Equal(IoStatus.Ok, Write((uint)(0x3000 + (4 * queue)), (ulong)queue, 2));
        }
    }

    public void Dispose()
    {
        if (Function.Bus is not null)
        {
            bridge.Bus.Remove(Function);
        }

        Function.Dispose();
        bridge.Dispose();
        Rig.Dispose();
    }

    private sealed class Binding(Action undo) : IDisposable
    {
        public void Dispose() => undo();
    }
}
