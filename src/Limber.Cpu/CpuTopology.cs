using System;
using System.Numerics;

namespace Limber.Cpu;

/// <summary>
/// The shape of the largest machine this VM can become: boot CPUs and every slot a CPU may be plugged
/// into later. Immutable; all members may be called from any thread.
/// <code>
/// APIC id, high to low:   package | die | module | core | thread
///                                 ^     ^        ^      ^
///                      PackageShift DieShift ModuleShift CoreShift
/// </code>
/// Each field below the package is just wide enough for the count of its level, so a count that is not
/// a power of two leaves holes in the APIC ids while CPU indices stay dense.
/// </summary>
public sealed record CpuTopology
{
    /// <summary>More logical CPUs than KVM or any supported machine type offers.</summary>
    public const int MaxTotal = 1 << 16;

    /// <summary>Number of sockets (packages) in the machine.</summary>
    public int Sockets { get; }

    /// <summary>Number of dies in a socket.</summary>
    public int Dies { get; }

    /// <summary>Number of modules in a die.</summary>
    public int Modules { get; }

    /// <summary>Number of cores in a module.</summary>
    public int Cores { get; }

    /// <summary>Number of threads in a core.</summary>
    public int Threads { get; }

    /// <exception cref="ArgumentOutOfRangeException">
    /// A count is below 1, or the product exceeds <see cref="MaxTotal"/>.
    /// </exception>
    public CpuTopology(int Sockets, int Dies, int Modules, int Cores, int Threads)
    {
        this.Sockets = RequirePositive(Sockets, nameof(Sockets));
        this.Dies = RequirePositive(Dies, nameof(Dies));
        this.Modules = RequirePositive(Modules, nameof(Modules));
        this.Cores = RequirePositive(Cores, nameof(Cores));
        this.Threads = RequirePositive(Threads, nameof(Threads));

        UInt128 total = (UInt128)(ulong)Sockets * (ulong)Dies * (ulong)Modules;
        total = total > MaxTotal ? total : total * (ulong)Cores;
        total = total > MaxTotal ? total : total * (ulong)Threads;
        if (total > MaxTotal)
        {
            throw new ArgumentOutOfRangeException(
                nameof(Sockets),
                $"a topology of {Sockets} sockets * {Dies} dies * {Modules} modules * {Cores} cores * {Threads} threads exceeds {MaxTotal} CPUs");
        }

        Total = (int)total;
        CoreShift = FieldWidth(Threads);
        ModuleShift = CoreShift + FieldWidth(Cores);
        DieShift = ModuleShift + FieldWidth(Modules);
        PackageShift = DieShift + FieldWidth(Dies);
    }

    /// <summary>Number of logical CPUs, which is the number of CPU slots.</summary>
    public int Total { get; }

    /// <summary>Number of logical CPUs in one socket.</summary>
    public int ThreadsPerPackage => Total / Sockets;

    /// <summary>Width of the thread field in bits, which is where the core field begins.</summary>
    public int CoreShift { get; }

    /// <summary>Bit where the module field begins.</summary>
    public int ModuleShift { get; }

    /// <summary>Bit where the die field begins.</summary>
    public int DieShift { get; }

    /// <summary>Bit where the package field begins.</summary>
    public int PackageShift { get; }

    /// <summary>The largest APIC id any slot has. From 255 on the guest needs x2APIC.</summary>
    public uint MaxApicId => ApicId(Total - 1);

    /// <summary>The APIC id of a slot.</summary>
    /// <param name="cpuIndex">0 up to <see cref="Total"/>, exclusive.</param>
    public uint ApicId(int cpuIndex) => ApicId(Location(cpuIndex));

    /// <summary>The APIC id of a location, which must lie inside this topology.</summary>
    public uint ApicId(CpuLocation location)
    {
        if (!Contains(location))
        {
            throw new ArgumentOutOfRangeException(nameof(location), location, $"location is outside of {this}");
        }

        return (uint)location.SocketId << PackageShift
            | (uint)location.DieId << DieShift
            | (uint)location.ModuleId << ModuleShift
            | (uint)location.CoreId << CoreShift
            | (uint)location.ThreadId;
    }

    /// <summary>The location of a slot; indices run through threads fastest and sockets slowest.</summary>
    /// <param name="cpuIndex">0 up to <see cref="Total"/>, exclusive.</param>
    public CpuLocation Location(int cpuIndex)
    {
        if (cpuIndex < 0 || cpuIndex >= Total)
        {
            throw new ArgumentOutOfRangeException(
                nameof(cpuIndex), cpuIndex, $"CPU index {cpuIndex} is outside of 0..{Total}");
        }

        (int rest, int thread) = Math.DivRem(cpuIndex, Threads);
        (rest, int core) = Math.DivRem(rest, Cores);
        (rest, int module) = Math.DivRem(rest, Modules);
        (int socket, int die) = Math.DivRem(rest, Dies);
        return new CpuLocation(socket, die, module, core, thread);
    }

    /// <summary>Finds the slot of a location that a client named; false when it lies outside.</summary>
    public bool TryIndexOf(CpuLocation location, out int cpuIndex)
    {
        if (!Contains(location))
        {
            cpuIndex = -1;
            return false;
        }

        int index = location.SocketId;
        index = (index * Dies) + location.DieId;
        index = (index * Modules) + location.ModuleId;
        index = (index * Cores) + location.CoreId;
        cpuIndex = (index * Threads) + location.ThreadId;
        return true;
    }

    /// <summary>Finds the slot of an APIC id; false for a hole and for ids beyond the last package.</summary>
    public bool TryIndexOfApicId(uint apicId, out int cpuIndex)
    {
        // A 64-bit value keeps the shifts below exact even when a field is 0 bits wide.
        ulong id = apicId;
        ulong socket = id >> PackageShift;
        if (socket >= (ulong)Sockets)
        {
            cpuIndex = -1;
            return false;
        }

        return TryIndexOf(
            new CpuLocation(
                (int)socket,
                Field(id, DieShift, PackageShift),
                Field(id, ModuleShift, DieShift),
                Field(id, CoreShift, ModuleShift),
                Field(id, 0, CoreShift)),
            out cpuIndex);
    }

    private static int Field(ulong id, int from, int to) => (int)((id >> from) & ((1UL << (to - from)) - 1));

    private static int FieldWidth(int count) => BitOperations.Log2(BitOperations.RoundUpToPowerOf2((uint)count));

    private static int RequirePositive(int value, string name) =>
        value >= 1 ? value : throw new ArgumentOutOfRangeException(name, value, $"{name} must be at least 1, not {value}");

    private bool Contains(CpuLocation location) =>
        IsBelow(location.SocketId, Sockets)
        && IsBelow(location.DieId, Dies)
        && IsBelow(location.ModuleId, Modules)
        && IsBelow(location.CoreId, Cores)
        && IsBelow(location.ThreadId, Threads);

    private static bool IsBelow(int value, int count) => value >= 0 && value < count;
}
