namespace Limber.Rest.Json.Devices;

/// <summary>Spec: <c>VmResizeDisk</c>; bytes.</summary>
internal sealed record VmResizeDisk(string? Id = null, ulong? DesiredSize = null);
