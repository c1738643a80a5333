using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using System.Threading;
using Limber.Interop;
using Limber.Servers.Qmp;

namespace Limber.Servers;

/// <summary>
/// The open descriptors of one monitor's client: those that came last and wait for a command to take them, and those that the client
/// gave names. No other client sees them; all are closed when its session ends.
/// </summary>
/// <remarks>
/// Thread: any. Lock order: <c>gate</c> is a leaf; descriptors are closed outside it, since that may wait.
/// </remarks>
internal sealed class MonitorDescriptors : IDisposable
{
    /// <summary>The most names at once.</summary>
    public const int MaximumNames = 64;

    private readonly Lock gate = new();
    private readonly Dictionary<string, FileDescriptor> names = new(StringComparer.Ordinal);
    private ReceivedDescriptors? waiting;
    private bool disposed;

    /// <summary>More have come: what came before and was not taken is closed.</summary>
    /// <param name="received">Owned from here on.</param>
    public void Receive(ReceivedDescriptors received)
    {
        ReceivedDescriptors? old = received;
        lock (gate)
        {
            if (!disposed)
            {
                (old, waiting) = (waiting, received);
            }
        }

        old?.Dispose();
    }

    /// <summary>Gives one of those that wait a name, which takes it from another descriptor, and closes the others.</summary>
    /// <param name="name">Must not begin with a digit: a number is an inherited descriptor.</param>
    /// <param name="last">The last of them instead of the first.</param>
    /// <exception cref="QmpException">None waits, or the name can't be given. None waits then.</exception>
    public void Name(string name, bool last)
    {
        ImmutableArray<FileDescriptor> arrived = TakeWaiting();
        FileDescriptor? replaced = null;
        try
        {
            if (arrived.IsEmpty)
            {
                throw new QmpException("No file descriptor supplied via SCM_RIGHTS");
            }

            if (name.Length > 0 && char.IsAsciiDigit(name[0]))
            {
                throw new QmpException("Parameter 'fdname' expects a name not starting with a digit");
            }

            FileDescriptor chosen = last ? arrived[^1] : arrived[0];
            replaced = Put(name, chosen);
            arrived = arrived.Remove(chosen);
        }
        finally
        {
            replaced?.Dispose();
            foreach (FileDescriptor unused in arrived)
            {
                unused.Dispose();
            }
        }
    }

    /// <summary>Takes a named descriptor, which is the caller's from here on; null when there is none of the name.</summary>
    public FileDescriptor? Take(string name)
    {
        lock (gate)
        {
            names.Remove(name, out FileDescriptor? descriptor);
            return descriptor;
        }
    }

    /// <summary>Closes a named descriptor.</summary>
    /// <exception cref="QmpException">There is none of the name.</exception>
    public void Close(string name)
    {
        FileDescriptor descriptor = Take(name) ?? throw new QmpException($"File descriptor named '{name}' not found");
        descriptor.Dispose();
    }

    /// <summary>Closes all, and whatever comes later. Idempotent.</summary>
    public void Dispose()
    {
        FileDescriptor[] named;
        lock (gate)
        {
            disposed = true;
            named = [.. names.Values];
            names.Clear();
        }

        foreach (FileDescriptor descriptor in named.Concat(TakeWaiting()))
        {
            descriptor.Dispose();
        }
    }

    private ImmutableArray<FileDescriptor> TakeWaiting()
    {
        lock (gate)
        {
            ReceivedDescriptors? taken = waiting;
            waiting = null;
            return taken?.Take() ?? [];
        }
    }

    /// <returns>What had the name before.</returns>
    private FileDescriptor? Put(string name, FileDescriptor descriptor)
    {
        lock (gate)
        {
            if (disposed)
            {
                throw new QmpException("The monitor's session has ended");
            }

            if (names.Count >= MaximumNames && !names.ContainsKey(name))
            {
                throw new QmpException($"Too many named file descriptors (maximum: {MaximumNames}): use closefd");
            }

            names.Remove(name, out FileDescriptor? replaced);
            names.Add(name, descriptor);
            return replaced;
        }
    }
}
