using System.Collections.Generic;
using System.Text.Json;
using System.Text.Json.Serialization;
using Limber.Rest.Json.Devices;

namespace Limber.Rest.Json;

/// <summary>Spec: <c>VmConfig</c>, as a client sends it. What is null was not given.</summary>
internal sealed record VmCreateBody
{
    public VmCreateCpus? Cpus { get; init; }

    public VmCreateMemory? Memory { get; init; }

    public PayloadBody? Payload { get; init; }

    public IReadOnlyList<DiskBody>? Disks { get; init; }

    public IReadOnlyList<NetBody>? Net { get; init; }

    public VmCreateRng? Rng { get; init; }

    public VmCreateBalloon? Balloon { get; init; }

    public IReadOnlyList<FsBody>? Fs { get; init; }

    public IReadOnlyList<PmemBody>? Pmem { get; init; }

    public IReadOnlyList<HostDeviceBody>? Devices { get; init; }

    public VsockBody? Vsock { get; init; }

    public VmCreateConsole? Serial { get; init; }

    public VmCreateConsole? Console { get; init; }

    /// <summary>Everything else: what asks for something that is not built must not pass unnoticed.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Others { get; set; }
}

/// <summary>Spec: <c>CpusConfig</c>.</summary>
internal sealed record VmCreateCpus
{
    public int? BootVcpus { get; init; }

    public int? MaxVcpus { get; init; }

    public CpuTopologyBody? Topology { get; init; }

    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Others { get; set; }
}

/// <summary>Spec: <c>MemoryConfig</c>; bytes.</summary>
internal sealed record VmCreateMemory
{
    public ulong? Size { get; init; }

    public bool? Shared { get; init; }

    public string? HotplugMethod { get; init; }

    public ulong? HotplugSize { get; init; }

    public ulong? HotpluggedSize { get; init; }

    public bool? Hugepages { get; init; }

    public ulong? HugepageSize { get; init; }

    public bool? Prefault { get; init; }

    public bool? Thp { get; init; }

    public IReadOnlyList<VmCreateZone>? Zones { get; init; }

    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Others { get; set; }
}

/// <summary>Spec: <c>MemoryZoneConfig</c>; bytes.</summary>
internal sealed record VmCreateZone
{
    public string? Id { get; init; }

    public ulong? Size { get; init; }

    public bool? Shared { get; init; }

    public bool? Hugepages { get; init; }

    public ulong? HugepageSize { get; init; }

    public bool? Prefault { get; init; }

    public ulong? HotplugSize { get; init; }

    public ulong? HotpluggedSize { get; init; }

    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Others { get; set; }
}

/// <summary>Spec: <c>PayloadConfig</c>.</summary>
internal sealed record PayloadBody(string? Kernel = null, string? Cmdline = null, string? Initramfs = null, string? Firmware = null);

/// <summary>Spec: <c>RngConfig</c>.</summary>
internal sealed record VmCreateRng(string? Src = null);

/// <summary>Spec: <c>BalloonConfig</c>; bytes.</summary>
internal sealed record VmCreateBalloon(ulong? Size = null, bool? DeflateOnOom = null, bool? FreePageReporting = null);

/// <summary>Spec: <c>SerialConfig</c> and <c>ConsoleConfig</c>.</summary>
internal sealed record VmCreateConsole(string? Mode = null, string? File = null, string? Socket = null);
