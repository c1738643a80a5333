namespace Limber.Rest.Json.Devices;

/// <summary>Spec: <c>RngConfig</c>.</summary>
internal sealed record RngBody(string Src);
