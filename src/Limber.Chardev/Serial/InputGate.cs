using System;
using System.Threading;
using Limber.Device;

namespace Limber.Chardev.Serial;

/// <summary>Makes the thread that reads input wait until the guest's port can take some.</summary>
internal sealed class InputGate
{
    private readonly ICharacterFrontend frontend;
    private readonly SemaphoreSlim room = new(0, 1);
    private volatile bool closed;

    public InputGate(ICharacterFrontend frontend)
    {
        this.frontend = frontend;
        frontend.OnCapacityAvailable(Open);
    }

    /// <summary>How many bytes may be read, at least 1; 0 when it was closed. Waits if need be.</summary>
    public int WaitCapacity()
    {
        while (!closed)
        {
            int capacity = frontend.ReceiveCapacity;
            if (capacity > 0)
            {
                return capacity;
            }

            room.Wait();
        }

        return 0;
    }

    public void Deliver(ReadOnlySpan<byte> data) => frontend.Receive(data);

    /// <summary>Nobody waits any more.</summary>
    public void Close()
    {
        closed = true;
        Open();
    }

    private void Open()
    {
        try
        {
            room.Release();
        }
        catch (SemaphoreFullException)
        {
            // It is open already.
        }
    }
}
