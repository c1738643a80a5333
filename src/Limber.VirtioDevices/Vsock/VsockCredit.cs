namespace Limber.VirtioDevices.Vsock;

/// <summary>Who may send how much on a connection (VIRTIO 1.2, 5.10.6.3). Counters run freely and wrap.</summary>
internal struct VsockCredit
{
    /// <summary>What the guest may send ahead, in bytes.</summary>
    public const int BufferSize = 128 * 1024;

    private uint received;
    private uint forwarded;
    private uint told;
    private uint sent;
    private uint guestBuffer;
    private uint guestForwarded;
    private bool asked;

    /// <summary>Bytes the guest has room for. Guest-controlled: counters that make no sense leave it none.</summary>
    public readonly uint OfGuest
    {
        get
        {
            uint used = unchecked(sent - guestForwarded);
            return used >= guestBuffer ? 0 : guestBuffer - used;
        }
    }

    /// <summary>Bytes there is room for here. Invariant: never more are under way than <see cref="BufferSize"/>.</summary>
    public readonly uint OfHost => BufferSize - unchecked(received - forwarded);

    /// <summary>
    /// Whether the guest is to be asked for room: it has none. Asked once for each time, or a guest that does not read would be
    /// asked for ever.
    /// </summary>
    public readonly bool ShouldAsk => OfGuest == 0 && !asked;

    /// <summary>Whether the guest believes that less than half of the buffer is free, and is wrong.</summary>
    public readonly bool ShouldBeTold => forwarded != told && unchecked(received - told) >= BufferSize / 2;

    public void Learn(uint bufferSize, uint forwardedByGuest)
    {
        guestBuffer = bufferSize;
        guestForwarded = forwardedByGuest;
        asked &= OfGuest == 0;
    }

    /// <summary>The guest is asked.</summary>
    public void Ask() => asked = true;

    public void AddReceived(uint bytes) => received = unchecked(received + bytes);

    public void AddForwarded(uint bytes) => forwarded = unchecked(forwarded + bytes);

    public void AddSent(uint bytes) => sent = unchecked(sent + bytes);

    /// <summary>The count that goes into a packet's fwd_cnt.</summary>
    public uint Tell() => told = forwarded;
}
