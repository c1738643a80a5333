using System;
using Limber.Device.Loop;
using Limber.Interop;
using Limber.Virtio;

namespace Limber.VirtioDevices.Vsock;

/// <content>The host's end: what its socket gives, takes and reports.</content>
internal sealed partial class VsockConnection
{
    private bool TryReceive(DescriptorChain chain, out uint written)
    {
        written = 0;
        long room = Math.Min(Math.Min(chain.WritableLength - VsockHeader.Bytes, LargestPayload), credit.OfGuest);
        int length = socket.Receive(chain, VsockHeader.Bytes, room);
        if (length > 0)
        {
            credit.AddSent((uint)length);
            written = (uint)(VsockHeader.Bytes + length);
            Write(chain, VsockOperation.Data, 0, (uint)length);
            return true;
        }

        if ((length is -ErrorNumber.EAGAIN or -ErrorNumber.EINTR) && !socket.IsHungUp)
        {
            mayHaveData = false;
            Watch();
        }
        else if (length is 0 or -ErrorNumber.EAGAIN)
        {
            End();
        }
        else
        {
            Reset();
        }

        return false;
    }

    /// <summary>The host's program sends no more; if it is gone altogether, it receives no more either.</summary>
    private void End()
    {
        ended = true;
        if (socket.IsHungUp)
        {
            socket.Close();
            state = VsockState.Closing;
            dues.Shut(VsockHeader.NoReceive | VsockHeader.NoSend);
        }
        else
        {
            dues.Shut(VsockHeader.NoSend);
            Watch();
        }
    }

    private void OnReady(LoopEvents events)
    {
        bool gone = (events & (LoopEvents.Error | LoopEvents.Hangup)) != 0;
        if (socket.IsSending && (gone || (events & LoopEvents.Writable) != 0))
        {
            Forwarded(socket.Flush());
            FinishShutdown();
        }

        if (dues.Reset || state == VsockState.Closed)
        {
            return;
        }

        if (gone)
        {
            socket.HangUp();
            if (state == VsockState.Requested)
            {
                Reset();
                return;
            }

            if (ended)
            {
                End();
            }
        }

        if ((events & ~LoopEvents.Writable) != 0)
        {
            mayHaveData = true;
        }

        Watch();
        device.Queue(this);
    }

    /// <summary>The socket took this many bytes of the guest's; negative when it takes none any more.</summary>
    private void Forwarded(int count)
    {
        if (count < 0)
        {
            Reset();
        }
        else
        {
            credit.AddForwarded((uint)count);
            dues.Credit |= credit.ShouldBeTold;
        }
    }

    private void Watch() =>
        socket.Watch(state == VsockState.Open && !mayHaveData && !ended && (guestShut & VsockHeader.NoReceive) == 0);
}
