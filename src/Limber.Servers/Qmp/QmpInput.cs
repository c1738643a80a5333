using Limber.Interop;
using Limber.Servers.Json;

namespace Limber.Servers.Qmp;

/// <summary>A message as it came off the wire.</summary>
/// <param name="Message">The value, if it could be read.</param>
/// <param name="Problem">Why it could not be read, else null.</param>
/// <param name="Descriptors">What came beside it, to be taken or disposed; null for nothing.</param>
internal readonly record struct QmpInput(JsonValue Message, string? Problem, ReceivedDescriptors? Descriptors)
{
    public QmpRequest Parse(bool outOfBandEnabled) =>
        Problem is null ? QmpRequest.Parse(Message, outOfBandEnabled) : QmpRequest.Unreadable(Problem);
}
