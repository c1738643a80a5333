using Limber.Servers.Json;

namespace Limber.Servers.Qmp;

/// <summary>One event on the wire.</summary>
/// <param name="Name">Such as <c>STOP</c>.</param>
/// <param name="Data">Null when the event has no data member.</param>
public readonly record struct QmpEvent(string Name, JsonObject? Data = null)
{
    /// <summary>Events with the same key are not sent more often than once a second; null for those that always are.</summary>
    public string? RateKey { get; init; }
}
