using System;
using System.Diagnostics;
using System.Net.Sockets;
using System.Text;
using Limber.TestKit;

namespace Limber.Bench;

/// <summary>
/// QMP with nothing between the socket and the clock: no thread, no JSON. For a machine in which nothing else happens.
/// </summary>
internal sealed class QmpWire : IDisposable
{
    private readonly Socket socket;
    private readonly byte[] buffer = new byte[1 << 20];

    private QmpWire(Socket socket) => this.socket = socket;

    /// <summary>Connects and reads the greeting.</summary>
    /// <exception cref="RefusedException">The process ended.</exception>
    public static QmpWire Connect(string path, VmmProcess process)
    {
        var wire = new QmpWire(UnixSocket.Connect(path, process));
        try
        {
            wire.Receive();
            return wire;
        }
        catch (SocketException)
        {
            // The socket may listen before the machine is found impossible.
            wire.Dispose();
            throw new RefusedException(UnixSocket.LastWords(process));
        }
    }

    /// <summary>Sends a line and returns how many milliseconds the reply took.</summary>
    public double RoundTrip(string line)
    {
        byte[] request = Encoding.UTF8.GetBytes(line + "\n");
        long start = Stopwatch.GetTimestamp();
        socket.Send(request);
        int length = Receive();
        double taken = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        return buffer.AsSpan(0, length).StartsWith("{\"return\""u8)
            ? taken
            : throw new ScenarioException($"{line} was answered by {Encoding.UTF8.GetString(buffer, 0, length)}");
    }

    public void Dispose() => socket.Dispose();

    private int Receive()
    {
        int length = 0;
        do
        {
            int count = socket.Receive(buffer, length, buffer.Length - length, SocketFlags.None);
            length += count > 0 ? count : throw new SocketException((int)SocketError.ConnectionReset);
        }
        while (buffer[length - 1] != '\n');
        return length;
    }
}
