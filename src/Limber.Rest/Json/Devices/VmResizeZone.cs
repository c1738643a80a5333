namespace Limber.Rest.Json.Devices;

/// <summary>Spec: <c>VmResizeZone</c>.</summary>
internal sealed record VmResizeZone(string? Id = null, ulong? DesiredRam = null);
