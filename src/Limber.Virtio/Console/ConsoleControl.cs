using System;
using System.Buffers.Binary;

namespace Limber.Virtio.Console;

/// <summary>
/// The control channel of a multiport console (VIRTIO 1.2, 5.3.6.2).
/// <code>
///   driver                             device
///   DEVICE_READY  ------------------>
///                 &lt;------------------  PORT_ADD, for each port
///   PORT_READY n  ------------------>
///                 &lt;------------------  CONSOLE_PORT, PORT_NAME, PORT_OPEN, RESIZE, as far as they apply
///   PORT_OPEN n   ------------------>  input of the port flows
/// </code>
/// </summary>
/// <remarks>
/// What is to be said is kept as bits of each port, so a driver that asks again and again and reads nothing costs nothing.
/// Thread: the device's loop.
/// </remarks>
internal sealed class ConsoleControl(ConsolePort[] ports, VirtioConfigSpace config)
{
    private const int LongestMessage = ConsoleRegisters.MessageLength + 255;
    private readonly byte[] message = new byte[LongestMessage];
    private readonly (ushort Columns, ushort Rows)[] sizes = new (ushort, ushort)[ports.Length];
    private bool hasSize;

    public bool IsMultiport { get; private set; }

    /// <summary>Where the device speaks.</summary>
    public Virtqueue? Queue { get; set; }

    public void Reset(ulong features)
    {
        IsMultiport = (features & ConsoleRegisters.Multiport) != 0;
        hasSize = (features & ConsoleRegisters.Size) != 0;
        Queue = null;
        foreach (ConsolePort port in ports)
        {
            port.News = PortNews.None;
            port.IsReady = false;
            port.ReceiveQueue = null;
            port.TransmitQueue = null;
        }
    }

    public void SetSize(int port, ushort columns, ushort rows)
    {
        sizes[port] = (columns, rows);
        if (port == 0)
        {
            config.WriteUInt16(ConsoleRegisters.Columns, columns);
            config.WriteUInt16(ConsoleRegisters.Rows, rows);
        }

        if (ports[port] is { IsReady: true, IsConsole: true } && hasSize)
        {
            ports[port].News |= PortNews.Size;
        }
    }

    /// <summary>A message of the driver's; returns what is odd about it, or null.</summary>
    public string? Take(uint number, ConsoleEvent happened, ushort value)
    {
        if (!IsMultiport)
        {
            return "console control message without multiport";
        }

        if (happened == ConsoleEvent.DeviceReady)
        {
            Announce(value);
            return null;
        }

        if (number >= (uint)ports.Length)
        {
            return "console control message about a port that is not there";
        }

        ConsolePort port = ports[number];
        switch (happened)
        {
            case ConsoleEvent.PortReady:
                Introduce(port, value);
                return null;
            case ConsoleEvent.PortOpen:
                port.SetOpen(value != 0);
                return null;
            default:
                return "console control message of an unknown kind";
        }
    }

    /// <summary>Tells the driver what it has not been told, as far as it has buffers.</summary>
    public QueueWork SendNews(Virtqueue queue)
    {
        foreach (ConsolePort port in ports)
        {
            while (port.News != PortNews.None)
            {
                if (!queue.TryPop(out DescriptorChain? chain))
                {
                    return QueueWork.Done;
                }

                // Lowest bit first: a port is added before more is said about it.
                var news = (PortNews)((int)port.News & -(int)port.News);
                port.News &= ~news;
                queue.Push(chain, (uint)chain.Writer.Write(Compose(port, news)));
            }
        }

        return QueueWork.Waiting;
    }

    private void Announce(ushort value)
    {
        foreach (ConsolePort port in ports)
        {
            port.IsReady = false;
            port.News = value == 1 ? PortNews.Added : PortNews.None;
        }
    }

    private void Introduce(ConsolePort port, ushort value)
    {
        port.IsReady = value == 1;
        if (!port.IsReady)
        {
            port.News = PortNews.None;
            return;
        }

        bool hasKnownSize = hasSize && port.IsConsole && sizes[port.Number] != default;
        port.News |= (port.IsConsole ? PortNews.IsConsole : PortNews.None)
            | (port.Name.Length != 0 ? PortNews.Name : PortNews.None)
            | (hasKnownSize ? PortNews.Size : PortNews.None)
            | PortNews.Open;
    }

    private ReadOnlySpan<byte> Compose(ConsolePort port, PortNews news)
    {
        (ConsoleEvent happened, ushort value) = news switch
        {
            PortNews.Added => (ConsoleEvent.DeviceAdd, (ushort)1),
            PortNews.IsConsole => (ConsoleEvent.ConsolePort, (ushort)1),
            PortNews.Name => (ConsoleEvent.PortName, (ushort)1),
            PortNews.Size => (ConsoleEvent.Resize, (ushort)0),
            _ => (ConsoleEvent.PortOpen, (ushort)1),
        };
        BinaryPrimitives.WriteUInt32LittleEndian(message, (uint)port.Number);
        BinaryPrimitives.WriteUInt16LittleEndian(message.AsSpan(4), (ushort)happened);
        BinaryPrimitives.WriteUInt16LittleEndian(message.AsSpan(6), value);
        Span<byte> rest = message.AsSpan(ConsoleRegisters.MessageLength);
        int length = 0;
        if (news == PortNews.Name)
        {
            port.Name.CopyTo(rest);
            length = port.Name.Length;
        }
        else if (news == PortNews.Size)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(rest, sizes[port.Number].Columns);
            BinaryPrimitives.WriteUInt16LittleEndian(rest[2..], sizes[port.Number].Rows);
            length = 4;
        }

        return message.AsSpan(0, ConsoleRegisters.MessageLength + length);
    }
}
