namespace Limber.Rest.Json.Devices;

/// <summary>Spec: <c>PciDeviceInfo</c>.</summary>
internal sealed record PciDeviceInfo(string Id, string Bdf);
