using System.Collections.Generic;
using Limber.Rest.Json.Devices;

namespace Limber.Rest.Json;

/// <summary>Spec: <c>VmConfig</c>, as far as the machine has such parts: what is there now.</summary>
internal sealed record VmConfigBody(
    CpusConfigBody Cpus, MemoryConfigBody Memory, PayloadConfigBody Payload, ConsoleConfigBody Serial, ConsoleConfigBody Console)
{
    public IReadOnlyList<DiskBody>? Disks { get; init; }

    public IReadOnlyList<NetBody>? Net { get; init; }

    public RngBody? Rng { get; init; }

    public BalloonBody? Balloon { get; init; }

    public IReadOnlyList<FsBody>? Fs { get; init; }

    public IReadOnlyList<PmemBody>? Pmem { get; init; }

    public IReadOnlyList<HostDeviceBody>? Devices { get; init; }

    public VsockBody? Vsock { get; init; }

    /// <summary>One element a node; null without NUMA.</summary>
    public NumaConfigBody[]? Numa { get; init; }
}

/// <summary>Spec: <c>CpusConfig</c>.</summary>
/// <param name="BootVcpus">
/// Processors plugged in now, whatever was asked for: clients read this member to learn whether a resize has happened.
/// </param>
/// <param name="MaxVcpus">Slots.</param>
/// <param name="Topology">Of all slots.</param>
/// <param name="KvmHyperv">Always false.</param>
internal sealed record CpusConfigBody(int BootVcpus, int MaxVcpus, CpuTopologyBody Topology, bool KvmHyperv);

/// <summary>Spec: <c>CpuTopology</c>. It knows no modules: their cores count as cores of the die.</summary>
internal sealed record CpuTopologyBody(int ThreadsPerCore, int CoresPerDie, int DiesPerPackage, int Packages);

/// <summary>Spec: <c>MemoryConfig</c>; sizes in bytes.</summary>
/// <param name="Size">Boot memory and DIMMs that are there now, whatever was asked for; 0 with zones.</param>
/// <param name="Shared">Backed by a shared file.</param>
/// <param name="Mergeable">Always false.</param>
/// <param name="Hugepages">Backed by the host's huge pages.</param>
/// <param name="Prefault">All pages were allocated before the guest started.</param>
/// <param name="HotplugMethod"><c>Acpi</c> or <c>VirtioMem</c>.</param>
/// <param name="HotplugSize">How much memory devices can have; null without memory hotplug.</param>
/// <param name="HotpluggedSize">What the guest uses of virtio-mem now; null without such a device.</param>
internal sealed record MemoryConfigBody(
    ulong Size, bool Shared, bool Mergeable, bool Hugepages, bool Prefault, string HotplugMethod, ulong? HotplugSize, ulong? HotpluggedSize)
{
    /// <summary>Null for the host's default.</summary>
    public ulong? HugepageSize { get; init; }

    /// <summary>Null without zones of the user's.</summary>
    public IReadOnlyList<MemoryZoneBody>? Zones { get; init; }
}

/// <summary>Spec: <c>MemoryZoneConfig</c>; sizes in bytes.</summary>
/// <param name="Id">As the user called it.</param>
/// <param name="Size">Boot memory.</param>
/// <param name="Shared">Backed by a shared file.</param>
/// <param name="Hugepages">Backed by the host's huge pages.</param>
/// <param name="Prefault">All pages were allocated before the guest started.</param>
/// <param name="HotplugSize">How much can come; null for a zone that stays as it is.</param>
/// <param name="HotpluggedSize">What the guest uses of that now.</param>
internal sealed record MemoryZoneBody(
    string Id, ulong Size, bool Shared, bool Hugepages, bool Prefault, ulong? HotplugSize, ulong? HotpluggedSize)
{
    /// <summary>Null for the host's default.</summary>
    public ulong? HugepageSize { get; init; }
}

/// <summary>Spec: <c>PayloadConfig</c>.</summary>
internal sealed record PayloadConfigBody(string? Kernel, string? Cmdline, string? Initramfs);

/// <summary>Spec: <c>SerialConfig</c> and <c>ConsoleConfig</c>.</summary>
/// <param name="Mode"><c>Off</c>, <c>Pty</c>, <c>Tty</c>, <c>File</c>, <c>Socket</c> or <c>Null</c>.</param>
/// <param name="File">Path, with <c>File</c>.</param>
/// <param name="Socket">Path, with <c>Socket</c>; <c>tcp:HOST:PORT</c> for a socket that has no path.</param>
internal sealed record ConsoleConfigBody(string Mode, string? File = null, string? Socket = null);
