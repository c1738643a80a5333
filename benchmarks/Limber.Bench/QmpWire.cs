using System;
using System.Diagnostics;
using System.IO;
using System.Net.Sockets;
using System.Text;
using System.Threading;
using Limber.TestKit;

namespace Limber.Bench;

/// <summary>
/// QMP with nothing between the socket and the clock: no thread, no JSON. For a machine in which nothing else happens.
/// </summary>
internal sealed class QmpWire : IDisposable
{
    private readonly Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly byte[] buffer = new byte[1 << 20];

    /// <summary>Connects, trying every millisecond, and reads the greeting.</summary>
    /// <exception cref="RefusedException">The process ended.</exception>
    public static QmpWire Connect(string path, VmmProcess process, double seconds = 60)
    {
        Deadline deadline = Deadline.In(seconds);
        var wire = new QmpWire();
        while (true)
        {
            if (File.Exists(path))
            {
                try
                {
                    wire.socket.Connect(new UnixDomainSocketEndPoint(path));
                    wire.Receive();
                    return wire;
                }
                catch (SocketException)
                {
                    // Bound, but not listening yet.
                }
            }

            if (process.HasExited || deadline.HasPassed)
            {
                wire.Dispose();
                throw process.HasExited
                    ? new RefusedException(LastWords(process))
                    : new ScenarioException($"no QMP socket within {seconds} s");
            }

            Thread.Sleep(1);
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

    // Warnings come first, the reason comes last.
    private static string LastWords(VmmProcess process)
    {
        int status = process.WaitForExit(10);
        string text = process.Error.All.Trim();
        return text.Length > 0 ? text[(text.LastIndexOf('\n') + 1)..] : $"ended with status {status}";
    }

    private int Receive()
    {
        int length = 0;
        do
        {
            int count = socket.Receive(buffer, length, buffer.Length - length, SocketFlags.None);
            length += count > 0 ? count : throw new ScenarioException("the QMP connection ended");
        }
        while (buffer[length - 1] != '\n');
        return length;
    }
}
