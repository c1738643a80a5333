using System;
using System.Threading;
using Limber.Device;
using Limber.Interop;

namespace Limber.Pci.Tests.Fakes;

/// <summary>A vector that counts what the guest would get.</summary>
internal sealed class FakeVector : IMsiVector
{
    private readonly Lock gate = new();
    private readonly Lazy<HostEvent> hostEvent = new(() => new HostEvent());
    private bool unmasked;

    public HostEvent Event => hostEvent.Value;

    public bool IsPending { get; private set; }

    public bool IsDisposed { get; private set; }

    public bool IsUnmasked => unmasked;

    public MsiMessage Message { get; private set; }

    public int Delivered { get; private set; }

    public void Signal()
    {
        lock (gate)
        {
            if (unmasked)
            {
                Delivered++;
            }
            else
            {
                IsPending = true;
            }
        }
    }

    public bool Unmask(MsiMessage message)
    {
        lock (gate)
        {
            Message = message;
            unmasked = true;
            if (IsPending)
            {
                IsPending = false;
                Delivered++;
            }
        }

        return true;
    }

    public void Mask()
    {
        lock (gate)
        {
            unmasked = false;
        }
    }

    public void Dispose()
    {
        IsDisposed = true;
        if (hostEvent.IsValueCreated)
        {
            hostEvent.Value.Dispose();
        }
    }
}
