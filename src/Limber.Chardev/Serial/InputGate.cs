using System;
using Limber.Chardev.Native;
using Limber.Device;
using Limber.Interop;

namespace Limber.Chardev.Serial;

/// <summary>What a backend's reader thread waits on beside its source: room in the guest's port, and the end.</summary>
/// <remarks>Thread: the reader's; <see cref="Close"/> any.</remarks>
internal sealed class InputGate : IDisposable
{
    /// <summary>The most that is read at once; a port has room for less.</summary>
    public const int MaximumTransfer = 256;

    private readonly ICharacterFrontend frontend;
    private readonly WakeEvent wake = new();
    private volatile bool closed;

    public InputGate(ICharacterFrontend frontend)
    {
        this.frontend = frontend;
        frontend.OnCapacityAvailable(wake.Signal);
    }

    public bool Closed => closed;

    /// <summary>How many bytes may be read now, at most <see cref="MaximumTransfer"/>; 0 when none.</summary>
    public int Capacity => closed ? 0 : Math.Clamp(frontend.ReceiveCapacity, 0, MaximumTransfer);

    /// <summary>Waits until the source is ready, the port has room again, the gate was closed, or the time is over.</summary>
    /// <inheritdoc cref="HostIo.Wait"/>
    public short Wait(FileDescriptor? fd, short events, int milliseconds)
    {
        short ready = HostIo.Wait(fd, events, wake, milliseconds);

        // Cleared before the caller looks at capacity and Closed, so a signal after this look ends the next wait.
        wake.Clear();
        return ready;
    }

    public void Deliver(ReadOnlySpan<byte> data) => frontend.Receive(data);

    /// <summary>Ends a wait, or the next.</summary>
    public void Wake() => wake.Signal();

    /// <summary>Ends every wait, now and later.</summary>
    public void Close()
    {
        closed = true;
        wake.Signal();
    }

    /// <summary>The reader has ended, or was given up. The port may call the gate later all the same.</summary>
    public void Dispose()
    {
        Close();
        wake.Dispose();
    }
}
