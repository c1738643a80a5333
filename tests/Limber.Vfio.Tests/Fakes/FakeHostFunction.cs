using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Linq;
using Limber.Vfio.Native;

namespace Limber.Vfio.Tests.Fakes;

/// <summary>A PCI function of the host as the kernel's vfio-pci shows it: bytes, counters, and who is signalled.</summary>
internal sealed class FakeHostFunction
{
    public const int MsixPosition = 0xA0;
    public const int MsiPosition = 0x50;
    public const int PowerPosition = 0x40;
    public const int ExpressPosition = 0x70;
    public const int MsixVectors = 5;
    public const ulong BarSize = 0x4000;
    public const uint TableOffset = 0x1000;
    public const uint PendingOffset = 0x1800;

    private readonly Dictionary<int, int[]> events = [];

    public FakeHostFunction(string path, int group)
    {
        Path = path;
        Group = group;
        BarSizes[0] = BarSize;
        Put(0, 0x86, 0x80, 0xD3, 0x10, 0, 0, 0x10, 0, 1, 0, 0, 2);
        Put(0x10, 0x04);
        Put(0x2C, 0x86, 0x80, 0x34, 0x12);
        Put(0x34, PowerPosition);
        Put(0x3D, 1);
        Put(PowerPosition, VfioCapabilityIds.PowerManagement, MsiPosition, 0x03, 0xFE, 0, 0x21, 0, 0);
        Put(MsiPosition, VfioCapabilityIds.Msi, ExpressPosition, 0x86, 0x01);
        Put(ExpressPosition, VfioCapabilityIds.Express, MsixPosition, 0x02, 0);
        Put(ExpressPosition + 0x0C, 0x11, 0x22, 0x33);
        Put(MsixPosition, VfioCapabilityIds.Msix, 0xC0, MsixVectors - 1, 0, 0x00, 0x10, 0, 0, 0x00, 0x18);
        Put(0xC0, 0x14, 0, 0x77);
        PutExtended(0x100, 0x0001, 0x140);
        PutExtended(0x140, 0x0003, 0x180);
        Put(0x144, 0xCA, 0xFE);
        PutExtended(0x180, 0x0010, 0);
        Put(0x184, 0x55);
    }

    public string Path { get; }

    public int Group { get; }

    public byte[] Config { get; } = new byte[4096];

    public ulong[] BarSizes { get; } = new ulong[6];

    public byte[] Bar { get; } = new byte[BarSize];

    public int[] InterruptCounts { get; } = [1, 8, MsixVectors, 1, 1];

    public bool CanGrow { get; set; }

    public bool CanReset { get; set; } = true;

    public bool IsBarReadable { get; set; } = true;

    /// <summary>Areas that can be mapped; null when the kernel says nothing but "all".</summary>
    public VfioArea[]? Sparse { get; set; }

    /// <summary>Most vectors that the kernel gives.</summary>
    public int VectorLimit { get; set; } = int.MaxValue;

    /// <summary>Groups that a reset of the bus concerns.</summary>
    public int[] HotResetGroups { get; set; } = [];

    public int Resets { get; set; }

    public int HotResets { get; set; }

    public int Unmasks { get; private set; }

    public bool IsOpen { get; set; }

    /// <summary>Offsets and lengths of writes of configuration space.</summary>
    public List<(int Offset, int Length)> ConfigWrites { get; } = [];

    public ushort Command => BinaryPrimitives.ReadUInt16LittleEndian(Config.AsSpan(4));

    /// <summary>Who is signalled, by number of the interrupt; empty while the kind is disabled.</summary>
    public int[] EventsOf(VfioInterruptKind kind)
    {
        lock (events)
        {
            return events.TryGetValue((int)kind, out int[]? present) ? present : [];
        }
    }

    public void Put(int offset, params ReadOnlySpan<byte> bytes) => bytes.CopyTo(Config.AsSpan(offset));

    public void PutExtended(int offset, ushort id, int next) =>
        BinaryPrimitives.WriteUInt32LittleEndian(Config.AsSpan(offset), id | (1u << 16) | ((uint)next << 20));

    public int SetInterrupts(vfio_irq_set set, ReadOnlySpan<int> data)
    {
        lock (events)
        {
            int kind = (int)set.index;
            if ((set.flags & VfioIoctl.VFIO_IRQ_SET_ACTION_UNMASK) != 0)
            {
                Unmasks++;
                return events.ContainsKey(kind) ? 0 : -22;
            }

            if (set.count == 0)
            {
                events.Remove(kind);
                return 0;
            }

            // As the kernel: pin, MSI and MSI-X exclude each other.
            if (kind <= 2 && events.Keys.Any(other => other <= 2 && other != kind))
            {
                return -22;
            }

            int end = (int)(set.start + set.count);
            if (end > VectorLimit && kind == 2)
            {
                return VectorLimit;
            }

            bool present = events.TryGetValue(kind, out int[]? known);
            if (present && end > known!.Length && !CanGrow)
            {
                return -22;
            }

            int[] next = new int[Math.Max(end, known?.Length ?? 0)];
            Array.Fill(next, VfioDevice.NoEvent);
            known?.CopyTo(next, 0);
            data.CopyTo(next.AsSpan((int)set.start));
            events[kind] = next;
            return 0;
        }
    }
}
