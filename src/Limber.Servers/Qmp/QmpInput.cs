using Limber.Servers.Json;

namespace Limber.Servers.Qmp;

/// <summary>A message as it came off the wire.</summary>
/// <param name="Message">The value, if it could be read.</param>
/// <param name="Problem">Why it could not be read, else null.</param>
internal readonly record struct QmpInput(JsonValue Message, string? Problem)
{
    public QmpRequest Parse(bool outOfBandEnabled) =>
        Problem is null ? QmpRequest.Parse(Message, outOfBandEnabled) : QmpRequest.Unreadable(Problem);
}
