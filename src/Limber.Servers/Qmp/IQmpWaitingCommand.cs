using System.Threading;
using System.Threading.Tasks;
using Limber.Servers.Json;

namespace Limber.Servers.Qmp;

/// <summary>
/// A command whose answer comes later. While it waits, its session still sends events and notices a client that
/// leaves, but carries out no further command except out-of-band ones.
/// </summary>
public interface IQmpWaitingCommand : IQmpCommand
{
    /// <summary>Starts it. The task must end soon after <paramref name="sessionEnds"/> is cancelled.</summary>
    Task<JsonValue> ExecuteAsync(QmpArguments arguments, QmpContext context, CancellationToken sessionEnds);
}
