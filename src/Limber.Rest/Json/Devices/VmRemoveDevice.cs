namespace Limber.Rest.Json.Devices;

/// <summary>Spec: <c>VmRemoveDevice</c>.</summary>
internal sealed record VmRemoveDevice(string? Id = null);
