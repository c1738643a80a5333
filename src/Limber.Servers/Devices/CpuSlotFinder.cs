using System.Collections.Generic;
using System.Linq;
using Limber.Config;
using Limber.Control;
using Limber.Cpu;
using Limber.Servers.Qmp;

namespace Limber.Servers.Devices;

/// <summary>Finds the free slot that a processor's properties describe.</summary>
internal sealed class CpuSlotFinder(IReadOnlyList<CpuSlot> slots, CpuTopology topology, NumaConfig numa)
{
    /// <exception cref="QmpException">A property is missing, out of range or contradicts another; or the slot is taken.</exception>
    public CpuSlot Find(CpuProperties properties)
    {
        CpuLocation given = properties.Location;
        CpuSlot slot;
        if (properties.ApicId is { } apicId)
        {
            slot = slots.FirstOrDefault(slot => slot.ApicId == apicId) ?? throw NoSuchApicId(apicId);
        }
        else
        {
            given = CheckRanges(given);
            slot = slots.First(slot => slot.Location == given);
        }

        if (slot.Occupant is not null)
        {
            throw Occupied(slot);
        }

        CheckAgreement(given, slot);

        // A slot's node is fixed: a client may name it, not choose it. Without NUMA all memory is node 0.
        int node = numa.NodeOf(slot.Index) ?? 0;
        return properties.NodeId == -1 || properties.NodeId == node ? slot : throw new QmpException($"invalid node-id, must be {node}");
    }

    public static QmpException Occupied(CpuSlot slot) => new($"CPU[{slot.Index}] with APIC ID {slot.ApicId} exists");

    private CpuLocation CheckRanges(CpuLocation given)
    {
        // Levels of which there is one may be left out: clients of older releases do not know them.
        CpuLocation full = given with
        {
            DieId = given.DieId < 0 && topology.Dies == 1 ? 0 : given.DieId,
            ModuleId = given.ModuleId < 0 && topology.Modules == 1 ? 0 : given.ModuleId,
        };
        CheckRange("socket-id", full.SocketId, topology.Sockets);
        CheckRange("die-id", full.DieId, topology.Dies);
        CheckRange("module-id", full.ModuleId, topology.Modules);
        CheckRange("core-id", full.CoreId, topology.Cores);
        CheckRange("thread-id", full.ThreadId, topology.Threads);
        return full;
    }

    private static void CheckRange(string name, long value, int count)
    {
        if (value < 0)
        {
            throw new QmpException($"CPU {name} is not set");
        }

        if (value >= count)
        {
            throw new QmpException($"Invalid CPU {name}: {value} must be in range 0:{count - 1}");
        }
    }

    /// <summary>With an APIC id given, ids given besides must say the same.</summary>
    private static void CheckAgreement(CpuLocation given, CpuSlot slot)
    {
        CpuLocation actual = slot.Location;
        CheckAgreement("socket-id", given.SocketId, actual.SocketId, slot.ApicId);
        CheckAgreement("die-id", given.DieId, actual.DieId, slot.ApicId);
        CheckAgreement("module-id", given.ModuleId, actual.ModuleId, slot.ApicId);
        CheckAgreement("core-id", given.CoreId, actual.CoreId, slot.ApicId);
        CheckAgreement("thread-id", given.ThreadId, actual.ThreadId, slot.ApicId);
    }

    private static void CheckAgreement(string name, long given, long actual, uint apicId)
    {
        if (given >= 0 && given != actual)
        {
            throw new QmpException($"property {name}: {given} doesn't match set apic-id: 0x{apicId:x} ({name}: {actual})");
        }
    }

    private QmpException NoSuchApicId(uint apicId)
    {
        // The fields of an id that no slot has; 64 bits, so that a shift by all of 32 is a shift.
        ulong id = apicId;
        ulong package = id >> topology.PackageShift;
        ulong die = Field(id, topology.DieShift, topology.PackageShift);
        ulong module = Field(id, topology.ModuleShift, topology.DieShift);
        ulong core = Field(id, topology.CoreShift, topology.ModuleShift);
        ulong thread = Field(id, 0, topology.CoreShift);
        return new QmpException(
            $"Invalid CPU [socket: {package}, die: {die}, module: {module}, core: {core}, thread: {thread}] "
            + $"with APIC ID {apicId}, valid index range 0:{slots.Count - 1}");
    }

    private static ulong Field(ulong id, int low, int high) => (id >> low) & ((1ul << (high - low)) - 1);
}
