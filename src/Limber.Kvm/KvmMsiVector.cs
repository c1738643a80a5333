using Limber.Device;
using Limber.Interop;

namespace Limber.Kvm;

/// <summary>One vector: an event that the kernel turns into the guest's interrupt (irqfd) while it is unmasked.</summary>
/// <remarks>
/// While masked nobody reads the event, so it keeps a signal, and the kernel delivers what it finds when it is connected.
/// </remarks>
internal sealed class KvmMsiVector : IMsiVector
{
    private readonly KvmMsiController controller;
    private readonly uint gsi;
    private MsiMessage? route;
    private bool connected;

    public KvmMsiVector(KvmMsiController controller, uint gsi)
    {
        this.controller = controller;
        this.gsi = gsi;
    }

    /// <inheritdoc/>
    public HostEvent Event { get; } = new();

    /// <inheritdoc/>
    public bool IsPending => !connected && Event.IsSignalled;

    /// <inheritdoc/>
    public void Signal() => Event.Signal();

    /// <inheritdoc/>
    public bool Unmask(MsiMessage message)
    {
        if (route != message)
        {
            if (!controller.TryRoute(gsi, message))
            {
                Mask();
                return false;
            }

            route = message;
        }

        connected = connected || controller.TryConnect(gsi, Event, connect: true);
        return connected;
    }

    /// <inheritdoc/>
    public void Mask()
    {
        if (connected)
        {
            _ = controller.TryConnect(gsi, Event, connect: false);
            connected = false;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Mask();
        controller.Release(gsi);
        Event.Dispose();
    }
}
