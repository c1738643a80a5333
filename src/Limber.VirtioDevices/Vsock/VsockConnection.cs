using System;
using Limber.Interop;
using Limber.Virtio;

namespace Limber.VirtioDevices.Vsock;

/// <summary>
/// One stream between a socket of the host and a port of the guest.
/// <code>
///   Requested   a host program connected; the guest was asked and has not answered
///   Open        bytes flow, in both directions or in what is left of them
///   Closing     the host's end is closed and the guest was told; its reset is awaited
///   Closed      not in the table any more
/// </code>
/// </summary>
/// <remarks>
/// Credit (VIRTIO 1.2, 5.10.6.3): the guest sends no more than <see cref="BufferSize"/> bytes that the socket has not taken;
/// towards the guest its own buf_alloc and fwd_cnt are the limit.
/// Guest-controlled: all packets. One that makes no sense resets this connection and no other.
/// Thread: the device's loop.
/// </remarks>
internal sealed partial class VsockConnection
{
    /// <summary>What the guest may send ahead.</summary>
    public const int BufferSize = VsockCredit.BufferSize;

    private const int LargestPayload = 64 * 1024;
    private readonly VsockDevice device;
    private readonly VsockSocket socket;
    private VsockState state;
    private VsockCredit credit;
    private VsockDues dues;
    private uint guestShut;
    private bool mayHaveData;
    private bool ended;
    private int checks;

    public VsockConnection(VsockDevice device, VsockAddress address, FileDescriptor socket, bool byGuest)
    {
        this.device = device;
        Address = address;
        this.socket = new VsockSocket(device, socket, OnReady);
        state = byGuest ? VsockState.Open : VsockState.Requested;
        dues.Answer = true;
    }

    public VsockAddress Address { get; }

    /// <summary>True while the device has it in its list of those that have something to send.</summary>
    public bool IsQueued { get; set; }

    /// <summary>True until the guest has answered.</summary>
    public bool IsRequested => state == VsockState.Requested && !dues.Reset;

    public bool IsClosing => state == VsockState.Closing;

    /// <summary>Whether <see cref="TryProduce"/> may have something for the guest.</summary>
    public bool WantsToSend => state != VsockState.Closed
        && (dues.Any || (CanReceive && (credit.OfGuest > 0 || credit.ShouldAsk)));

    private bool CanReceive => state == VsockState.Open && mayHaveData && !ended && (guestShut & VsockHeader.NoReceive) == 0;

    /// <summary>Begins to watch the socket.</summary>
    public void Start()
    {
        Watch();
        device.Queue(this);
    }

    /// <summary>Takes note of the guest's credit, which every packet tells.</summary>
    public void Learn(in VsockHeader header) => credit.Learn(header.BufferSize, header.Forwarded);

    /// <summary>Closes the socket and tells nobody.</summary>
    public void Close()
    {
        state = VsockState.Closed;
        socket.Close();
    }

    /// <summary>Has the guest's end reset; the connection is gone when it was told.</summary>
    public void Reset()
    {
        socket.Close();
        dues.Reset = true;
        device.Queue(this);
    }

    /// <summary>Gives the guest up when it has not answered until the third call; true then.</summary>
    public bool EndIfUnanswered()
    {
        const int Patience = 3;
        if (++checks < Patience)
        {
            return false;
        }

        Reset();
        return true;
    }

    /// <summary>A packet of the guest.</summary>
    /// <param name="header">Copied.</param>
    /// <param name="chain">Holds the payload behind the header.</param>
    public void Handle(in VsockHeader header, DescriptorChain chain)
    {
        if (header.Operation == VsockOperation.Reset)
        {
            device.Forget(this);
            return;
        }

        if (dues.Reset)
        {
            return;
        }

        Learn(header);
        bool makesSense = header.Operation switch
        {
            VsockOperation.Response => HandleResponse(),
            VsockOperation.Data => HandleData(header.Length, chain),
            VsockOperation.Shutdown => HandleShutdown(header.Flags),
            VsockOperation.CreditUpdate => state != VsockState.Requested,
            VsockOperation.CreditRequest => dues.Credit = state != VsockState.Requested,
            _ => false,
        };
        if (!makesSense)
        {
            device.CountOddity("vsock packet that its connection does not expect");
            Reset();
        }

        device.Queue(this);
    }

    /// <summary>Fills one packet for the guest; false when there is nothing to say just now.</summary>
    public bool TryProduce(DescriptorChain chain, out uint written)
    {
        written = VsockHeader.Bytes;
        if (dues.Reset)
        {
            Write(chain, VsockOperation.Reset, 0, 0);
            device.Forget(this);
            return true;
        }

        if (dues.Answer)
        {
            dues.Answer = false;
            Write(chain, state == VsockState.Requested ? VsockOperation.Request : VsockOperation.Response, 0, 0);
            return true;
        }

        if (CanReceive && credit.OfGuest > 0 && TryReceive(chain, out written))
        {
            return true;
        }

        written = VsockHeader.Bytes;
        if (dues.Reset)
        {
            return TryProduce(chain, out written);
        }

        if (dues.TryTakeLater(out VsockOperation operation, out uint flags))
        {
            Write(chain, operation, flags, 0);
            return true;
        }

        if (CanReceive && credit.ShouldAsk)
        {
            credit.Ask();
            Write(chain, VsockOperation.CreditRequest, 0, 0);
            return true;
        }

        return false;
    }

    private bool HandleResponse()
    {
        if (state != VsockState.Requested || dues.Answer)
        {
            return false;
        }

        state = VsockState.Open;
        Span<byte> line = stackalloc byte[VsockHandshake.LongestAnswer];
        int length = VsockHandshake.WriteAnswer(line, Address.HostPort);

        // The first bytes ever find room, unless the program is gone.
        if (!socket.TrySendAtOnce(line[..length]))
        {
            Reset();
            return true;
        }

        Watch();
        return true;
    }

    private bool HandleData(uint length, DescriptorChain chain)
    {
        if (state == VsockState.Closing)
        {
            // On its way when the host's end closed.
            Reset();
            return true;
        }

        // Guest-controlled: what exceeds its credit does not fit into the buffer.
        if (state != VsockState.Open || dues.Answer || (guestShut & VsockHeader.NoSend) != 0
            || chain.ReadableLength - VsockHeader.Bytes < length || length > credit.OfHost)
        {
            return false;
        }

        credit.AddReceived(length);
        if (length != 0)
        {
            Forwarded(socket.Send(chain, VsockHeader.Bytes, (int)length));
        }

        Watch();
        return true;
    }

    private bool HandleShutdown(uint flags)
    {
        if (state == VsockState.Requested)
        {
            return false;
        }

        guestShut |= flags & (VsockHeader.NoReceive | VsockHeader.NoSend);
        FinishShutdown();
        return true;
    }

    /// <summary>Passes the guest's end of sending on when the socket has taken everything before it.</summary>
    private void FinishShutdown()
    {
        if (socket.IsSending || guestShut == 0)
        {
            return;
        }

        if (state == VsockState.Closing || guestShut == (VsockHeader.NoReceive | VsockHeader.NoSend))
        {
            // Spec: VIRTIO 1.2 5.10.6.6: a clean disconnect is answered by a reset.
            Reset();
        }
        else
        {
            socket.Shutdown(sending: (guestShut & VsockHeader.NoSend) != 0);
        }
    }

    private void Write(DescriptorChain chain, VsockOperation operation, uint flags, uint length)
    {
        dues.Credit = false;
        SegmentWriter writer = chain.Writer;
        _ = writer.TryWrite(device.CreateHeader(Address, operation) with
        {
            Length = length,
            Flags = flags,
            BufferSize = BufferSize,
            Forwarded = credit.Tell(),
        });
    }
}
