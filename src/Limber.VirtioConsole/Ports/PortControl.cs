using System;
using System.Buffers.Binary;
using System.Numerics;
using Limber.Virtio;

namespace Limber.VirtioConsole.Ports;

/// <summary>
/// The conversation on the control queues (VIRTIO 1.2, 5.3.6.2).
/// <code>
///   driver                      device
///   DEVICE_READY 1    ------->
///                     &lt;-------  DEVICE_ADD, for each port
///   PORT_READY 1      ------->
///                     &lt;-------  CONSOLE_PORT, RESIZE, PORT_NAME, PORT_OPEN, as they apply
///   PORT_OPEN         &lt;------>  PORT_OPEN
///                     &lt;-------  DEVICE_REMOVE
/// </code>
/// </summary>
/// <remarks>
/// What is still to be said is kept as facts about the ports, not as messages: a driver that asks for ever and never listens makes
/// nothing grow, and hears the latest when it does listen.
/// Thread: the loop's. A message allocates nothing.
/// </remarks>
internal sealed class PortControl
{
    private readonly ConsolePort?[] ports;
    private readonly Action<string> oddity;
    private readonly byte[] outgoing = new byte[ControlMessage.Length + ConsolePortOptions.MaximumNameLength];
    private uint removed;
    private bool isDriverReady;

    /// <param name="ports">By number, at most 32; the device changes them.</param>
    /// <param name="oddity">Counts what the driver did wrong.</param>
    public PortControl(ConsolePort?[] ports, Action<string> oddity)
    {
        this.ports = ports;
        this.oddity = oddity;
    }

    /// <summary>A port came.</summary>
    public void Added(ConsolePort port)
    {
        if (isDriverReady)
        {
            port.News |= PortNews.Add;
        }
    }

    /// <summary>A port goes; it is still in its place.</summary>
    public void Removing(ConsolePort port)
    {
        if (port.IsAnnounced)
        {
            removed |= 1u << port.Number;
        }
    }

    /// <summary>The driver went away.</summary>
    public void Reset()
    {
        isDriverReady = false;
        removed = 0;
    }

    /// <summary>Takes the driver's messages.</summary>
    public QueueWork Listen(Virtqueue queue)
    {
        while (queue.TryPop(out DescriptorChain? chain))
        {
            SegmentReader reader = chain.Reader;
            if (reader.TryRead(out ControlMessage message))
            {
                Handle(message);
            }
            else
            {
                oddity("control message of less than 8 bytes");
            }

            queue.Push(chain, 0);
        }

        return QueueWork.Done;
    }

    /// <summary>Says what is to be said, as far as the driver has buffers for it.</summary>
    /// <returns>Waiting when nothing is left: the caller schedules the queue when there is.</returns>
    public QueueWork Speak(Virtqueue queue)
    {
        while (HasNews)
        {
            if (!queue.TryPop(out DescriptorChain? chain))
            {
                return QueueWork.Done;
            }

            int length = TakeMessage(outgoing);
            SegmentWriter writer = chain.Writer;
            if (writer.Remaining >= length)
            {
                _ = writer.Write(outgoing.AsSpan(0, length));
            }
            else
            {
                oddity("control receive buffer too small");
            }

            queue.Push(chain, (uint)writer.Position);
        }

        return QueueWork.Waiting;
    }

    private bool HasNews
    {
        get
        {
            if (removed != 0)
            {
                return true;
            }

            foreach (ConsolePort? port in ports)
            {
                if (port is { News: not PortNews.None })
                {
                    return true;
                }
            }

            return false;
        }
    }

    private void Handle(ControlMessage message)
    {
        if (message.Event == ControlEvent.DeviceReady)
        {
            HandleDeviceReady(message.Value != 0);
            return;
        }

        ConsolePort? port = message.Port < (uint)ports.Length ? ports[message.Port] : null;
        if (port is not { IsAnnounced: true })
        {
            // Also what a driver said of a port before it heard that the port is gone.
            oddity("control message for a port that is not there");
            return;
        }

        switch (message.Event)
        {
            case ControlEvent.PortReady when message.Value != 0:
                port.IsReady = true;
                port.News |= PortNews.HostConnection
                    | (port.IsConsole ? PortNews.Console : PortNews.None)
                    | (port is { IsConsole: true, Size: not null } ? PortNews.Resize : PortNews.None)
                    | (port.Name is null ? PortNews.None : PortNews.Name);
                break;
            case ControlEvent.PortReady:
                oddity("driver can't use a port");
                port.IsReady = false;
                port.SetGuestOpen(false);
                break;
            case ControlEvent.PortOpen when port.IsReady:
                port.SetGuestOpen(message.Value != 0);
                break;
            case ControlEvent.PortOpen:
                oddity("port opened before it was ready");
                break;
            default:
                oddity("control message with an event that is not the driver's");
                break;
        }
    }

    private void HandleDeviceReady(bool ready)
    {
        removed = 0;
        isDriverReady = ready;
        if (!ready)
        {
            oddity("driver can't use the device's ports");
        }

        foreach (ConsolePort? port in ports)
        {
            port?.Forget();
            if (port is not null && ready)
            {
                port.News = PortNews.Add;
            }
        }
    }

    /// <summary>Writes the next message; the caller saw that there is one.</summary>
    private int TakeMessage(Span<byte> message)
    {
        if (removed != 0)
        {
            int number = BitOperations.TrailingZeroCount(removed);
            removed &= ~(1u << number);
            return WriteHeader(message, number, ControlEvent.DeviceRemove, 1);
        }

        int index = 0;
        while (ports[index] is not { News: not PortNews.None })
        {
            index++;
        }

        ConsolePort port = ports[index]!;
        var news = (PortNews)(1 << BitOperations.TrailingZeroCount((int)port.News));
        port.News &= ~news;
        switch (news)
        {
            case PortNews.Add:
                port.IsAnnounced = true;
                return WriteHeader(message, index, ControlEvent.DeviceAdd, 1);
            case PortNews.Console:
                return WriteHeader(message, index, ControlEvent.ConsolePort, 1);
            case PortNews.Resize:
                // VIRTIO 1.2 has the columns first; the one driver that takes the message, Linux, has always read the rows first.
                TerminalSize size = port.Size.GetValueOrDefault();
                BinaryPrimitives.WriteUInt16LittleEndian(message[ControlMessage.Length..], size.Rows);
                BinaryPrimitives.WriteUInt16LittleEndian(message[(ControlMessage.Length + 2)..], size.Columns);
                return WriteHeader(message, index, ControlEvent.Resize, 0) + 4;
            case PortNews.Name:
                port.EncodedName.CopyTo(message[ControlMessage.Length..]);
                return WriteHeader(message, index, ControlEvent.PortName, 1) + port.EncodedName.Length;
            default:
                return WriteHeader(message, index, ControlEvent.PortOpen, (ushort)(port.IsHostConnected ? 1 : 0));
        }
    }

    private static int WriteHeader(Span<byte> message, int port, ControlEvent kind, ushort value)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(message, (uint)port);
        BinaryPrimitives.WriteUInt16LittleEndian(message[4..], (ushort)kind);
        BinaryPrimitives.WriteUInt16LittleEndian(message[6..], value);
        return ControlMessage.Length;
    }
}
