using System.Collections.Generic;
using Limber.Virtio;

namespace Limber.VirtioDevices.Vsock;

/// <summary>
/// What waits for room in the receive queue: resets of connections that are not there, a limited number of them, and the
/// connections that have something to send, each once.
/// </summary>
/// <remarks>Thread: the device's loop.</remarks>
internal sealed class VsockOutbox
{
    private const int ResetLimit = 64;
    private readonly VsockDevice device;
    private readonly Queue<VsockConnection> ready = new(VsockDevice.MaximumConnections + 1);
    private readonly VsockAddress[] resets = new VsockAddress[ResetLimit + 1];
    private int firstReset;
    private int resetCount;

    public VsockOutbox(VsockDevice device) => this.device = device;

    public bool IsEmpty => ready.Count == 0 && resetCount == 0;

    /// <summary>The device takes no packets then that could need an answer.</summary>
    public bool IsFull => resetCount >= ResetLimit;

    /// <summary>Has a connection that is not there reset. At most twice when it was not <see cref="IsFull"/> before.</summary>
    public void AddReset(VsockAddress address)
    {
        resets[(firstReset + resetCount) % resets.Length] = address;
        resetCount++;
    }

    /// <summary>Puts a connection behind the others, if it has something to send and is not among them; true when it was put.</summary>
    public bool TryAdd(VsockConnection connection)
    {
        if (connection.IsQueued || !connection.WantsToSend)
        {
            return false;
        }

        connection.IsQueued = true;
        ready.Enqueue(connection);
        return true;
    }

    /// <summary>Fills one packet; false when nobody has anything to say after all.</summary>
    public bool TryFill(DescriptorChain chain, out uint written)
    {
        written = VsockHeader.Bytes;
        if (resetCount != 0)
        {
            SegmentWriter writer = chain.Writer;
            _ = writer.TryWrite(device.CreateHeader(resets[firstReset], VsockOperation.Reset));
            firstReset = (firstReset + 1) % resets.Length;
            resetCount--;
            return true;
        }

        while (ready.TryDequeue(out VsockConnection? connection))
        {
            connection.IsQueued = false;
            if (connection.WantsToSend && connection.TryProduce(chain, out written))
            {
                // Behind all others, so that each has its turn.
                _ = TryAdd(connection);
                return true;
            }
        }

        return false;
    }

    public void Clear()
    {
        ready.Clear();
        resetCount = 0;
    }
}
