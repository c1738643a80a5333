using System;
using System.Buffers.Binary;
using Limber.Virtio;

namespace Limber.VirtioDevices.Net;

/// <summary>
/// The control queue (VIRTIO 1.2, 5.1.6.5).
/// <code>
///   device reads   0 u8 class   1 u8 command   2 command-specific
///   device writes  0 u8 ack
/// </code>
/// </summary>
/// <remarks>Thread: the queue's loop.</remarks>
internal sealed class NetControl
{
    private const byte Ok = 0;
    private const byte Error = 1;
    private const byte ClassReceive = 0;
    private const byte ClassMac = 1;
    private const byte ClassMultiQueue = 4;
    private const byte ClassGuestOffloads = 5;
    private const byte LastReceiveCommand = 5;
    private const byte MacTableSet = 0;
    private const byte MacAddressSet = 1;
    private const int CommandsPerTurn = 64;
    private const byte PairsSet = 0;
    private const byte OffloadsSet = 0;
    private readonly INetControlTarget device;

    // The longest command that is not just accepted has 10 bytes.
    private readonly byte[] command = new byte[16];

    public NetControl(INetControlTarget device) => this.device = device;

    public QueueWork Process(Virtqueue queue, ulong features)
    {
        for (int i = 0; i < CommandsPerTurn && queue.TryPop(out DescriptorChain? chain); i++)
        {
            SegmentReader reader = chain.Reader;
            int length = reader.Read(command);
            SegmentWriter writer = chain.Writer;
            if (length < 2 || chain.WritableLength == 0)
            {
                device.CountOddity("control command without room for it or its answer");
                queue.Push(chain, 0);
                continue;
            }

            byte answer = Execute(command[0], command[1], command.AsSpan(2, length - 2), features) ? Ok : Error;
            _ = writer.TryWrite(answer);
            queue.Push(chain, 1);
        }

        return QueueWork.Done;
    }

    private bool Execute(byte commandClass, byte command, ReadOnlySpan<byte> data, ulong features) => commandClass switch
    {
        // All frames that reach the interface reach the guest, so filters of the guest's may be as they like.
        ClassReceive => (features & NetFeatures.ControlReceive) != 0 && command <= LastReceiveCommand && data.Length >= 1,
        ClassMac => ExecuteMac(command, data, features),
        ClassMultiQueue => command == PairsSet && (features & NetFeatures.MultiQueue) != 0 && data.Length >= 2
            && device.TrySetActivePairs(BinaryPrimitives.ReadUInt16LittleEndian(data)),
        ClassGuestOffloads => command == OffloadsSet && (features & NetFeatures.ControlGuestOffloads) != 0 && data.Length >= 8
            && SetOffloads(BinaryPrimitives.ReadUInt64LittleEndian(data), features),
        _ => false,
    };

    private bool ExecuteMac(byte command, ReadOnlySpan<byte> data, ulong features)
    {
        switch (command)
        {
            case MacTableSet when (features & NetFeatures.ControlReceive) != 0:
                return data.Length >= 8;
            case MacAddressSet when (features & NetFeatures.ControlMac) != 0 && data.Length >= 6:
                device.SetMac(data[..6]);
                return true;
            default:
                return false;
        }
    }

    private bool SetOffloads(ulong offloads, ulong features)
    {
        if ((offloads & ~(features & NetFeatures.GuestOffloads)) != 0 || !NetFeatures.AreConsistent(offloads & NetFeatures.GuestOffloads))
        {
            return false;
        }

        device.SetOffloads(offloads);
        return true;
    }
}
