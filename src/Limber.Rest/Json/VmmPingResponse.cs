using System.Collections.Generic;

namespace Limber.Rest.Json;

/// <summary>Spec: <c>VmmPingResponse</c>.</summary>
internal sealed record VmmPingResponse(string BuildVersion, string Version, long Pid, IReadOnlyList<string> Features);
