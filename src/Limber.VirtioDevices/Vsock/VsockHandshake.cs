using System;
using System.Buffers.Text;
using Limber.Device.Loop;
using Limber.Interop;
using Limber.VirtioDevices.Native;

namespace Limber.VirtioDevices.Vsock;

/// <summary>
/// A program of the host that has connected and has yet to say <c>CONNECT port</c> and a line feed; what follows the line is the
/// stream's.
/// </summary>
/// <remarks>Thread: the device's loop.</remarks>
internal sealed class VsockHandshake : IDisposable
{
    /// <summary>Bytes of the longest answer.</summary>
    public const int LongestAnswer = 24;

    private const int LongestLine = 32;
    private readonly VsockDevice device;
    private readonly FileDescriptor socket;
    private readonly LoopSource source;
    private readonly byte[] line = new byte[LongestLine];
    private int count;

    public VsockHandshake(VsockDevice device, FileDescriptor socket)
    {
        this.device = device;
        this.socket = socket;
        source = device.Watch(socket, LoopEvents.Readable, OnReady);
    }

    /// <summary>Writes what the program is told when the guest has accepted: <c>OK port</c> and a line feed.</summary>
    /// <param name="line">Room for <see cref="LongestAnswer"/>.</param>
    /// <param name="hostPort">The host's port of the connection.</param>
    /// <returns>Bytes written.</returns>
    public static int WriteAnswer(Span<byte> line, uint hostPort)
    {
        "OK "u8.CopyTo(line);
        _ = hostPort.TryFormat(line[3..], out int digits);
        line[3 + digits] = (byte)'\n';
        return 4 + digits;
    }

    public void Dispose()
    {
        source.Dispose();
        socket.Dispose();
    }

    private static bool TryParse(ReadOnlySpan<byte> text, out uint port)
    {
        ReadOnlySpan<byte> word = "CONNECT "u8;
        port = 0;
        if (!text.StartsWith(word))
        {
            return false;
        }

        ReadOnlySpan<byte> number = text[word.Length..].TrimEnd((byte)'\r');
        return Utf8Parser.TryParse(number, out port, out int used) && used == number.Length;
    }

    private void OnReady(LoopEvents events)
    {
        // A look first, so that nothing behind the line is taken.
        int seen = SocketCalls.Receive(socket, line.AsSpan(count), peek: true);
        if (seen is -ErrorNumber.EAGAIN or -ErrorNumber.EINTR)
        {
            return;
        }

        if (seen <= 0)
        {
            device.End(this);
            return;
        }

        int feed = line.AsSpan(count, seen).IndexOf((byte)'\n');
        int taken = SocketCalls.Receive(socket, line.AsSpan(count, feed >= 0 ? feed + 1 : seen), peek: false);
        count += Math.Max(taken, 0);
        if (feed < 0 && count < LongestLine)
        {
            return;
        }

        if (feed >= 0 && TryParse(line.AsSpan(0, count - 1), out uint port))
        {
            source.Dispose();
            device.Connect(this, socket, port);
        }
        else
        {
            device.End(this);
        }
    }
}
