namespace Limber.Rest.Json.Devices;

/// <summary>Spec: <c>BalloonConfig</c>; bytes.</summary>
internal sealed record BalloonBody(ulong Size, bool DeflateOnOom, bool FreePageReporting);
