using System;
using System.Threading.Tasks;
using Limber.Interop;

namespace Limber.Machine;

/// <summary>Work that a device's own thread leaves to the runtime's pool, because it must not wait.</summary>
/// <remarks>Thread: any.</remarks>
internal static class PoolWork
{
    private const string ThreadName = "limber-pool";

    /// <summary>Runs something on a pool thread.</summary>
    public static void Run(Action work) => HostThread.RunAs(ThreadName, () => _ = Task.Run(work));

    /// <inheritdoc cref="Run(Action)"/>
    public static void Run(Func<Task> work) => HostThread.RunAs(ThreadName, () => _ = Task.Run(work));
}
