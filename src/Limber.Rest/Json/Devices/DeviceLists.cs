using System.Collections.Generic;

namespace Limber.Rest.Json.Devices;

/// <summary>The devices of a machine by their kinds; an empty kind is null.</summary>
internal sealed record DeviceLists(
    IReadOnlyList<DiskBody>? Disks,
    IReadOnlyList<NetBody>? Net,
    RngBody? Rng,
    BalloonBody? Balloon,
    IReadOnlyList<FsBody>? Fs,
    IReadOnlyList<PmemBody>? Pmem,
    IReadOnlyList<HostDeviceBody>? Devices,
    VsockBody? Vsock);
