namespace Limber.Rest.Json;

/// <summary>Spec: <c>VmResize</c>; what is null shall stay as it is. Memory in bytes.</summary>
internal sealed record VmResize(uint? DesiredVcpus = null, ulong? DesiredRam = null, ulong? DesiredBalloon = null);
