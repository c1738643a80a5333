using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Net.Sockets;
using System.Numerics;
using System.Text;
using System.Threading;
using Limber.TestKit;

namespace Limber.Bench;

/// <summary>
/// The characters by which the guest's init tells what happens (benchmarks/guest/watch.c), each with the time at which it came
/// out of the serial port's socket.
/// </summary>
internal sealed class GuestSignals : IDisposable
{
    public const char Running = '!';
    public const char Announced = '+';
    public const char Online = '=';
    public const char Gone = '-';
    public const char MemoryCame = 'm';
    public const char MemoryOnline = 'u';
    public const char DiskCame = 'b';
    public const char DiskRead = 'd';
    public const char CardCame = 'i';
    public const char CardAnswered = 'n';
    private const char WorkBegins = '<';
    private const char WorkEnds = '>';
    private const char Failed = '?';
    private const char Acknowledged = '.';
    private const double OrderSeconds = 20;

    private readonly object gate = new();
    private readonly Socket socket;
    private readonly List<(char What, long Time)> seen = [];
    private bool closed;

    private GuestSignals(Socket socket)
    {
        this.socket = socket;
        new Thread(Read) { IsBackground = true, Name = "guest-signals" }.Start();
    }

    /// <summary>Connects to the socket of the serial port, which may come into being later than that of QMP.</summary>
    /// <param name="path">The socket.</param>
    /// <param name="process">Whose it is.</param>
    public static GuestSignals Connect(string path, VmmProcess process) => new(UnixSocket.Connect(path, process));

    /// <summary>How many characters came so far: a place to search from.</summary>
    public int Position
    {
        get
        {
            lock (gate)
            {
                return seen.Count;
            }
        }
    }

    /// <summary>Waits until a character came <paramref name="count"/> times behind <paramref name="from"/>; the time of the last.</summary>
    public long WaitFor(char what, int from, int count, double seconds)
    {
        Deadline deadline = Deadline.In(seconds);
        int at = from;
        int found = 0;
        lock (gate)
        {
            while (true)
            {
                for (; at < seen.Count; at++)
                {
                    if (seen[at].What == what && ++found == count)
                    {
                        return seen[at].Time;
                    }

                    if (seen[at].What == Failed && what != Failed)
                    {
                        throw new ScenarioException($"the guest could not do it; it said \"{Text(from)}\"");
                    }
                }

                if (closed || !Monitor.Wait(gate, deadline.Left) && deadline.HasPassed)
                {
                    throw new ScenarioException($"the guest told '{what}' {found} of {count} times within {seconds} s; it said \"{Text(from)}\"");
                }
            }
        }
    }

    /// <summary>Whether the guest brings processors online as they come, or only tells.</summary>
    public void SetAutomatic(bool on) => Order(on ? (byte)'a' : (byte)'l');

    /// <summary>The guest tells when so many more blocks of memory are online.</summary>
    /// <param name="blocks">A power of two, 512 at most.</param>
    public void ExpectMemory(int blocks) => Order((byte)('0' + BitOperations.Log2((uint)blocks)));

    /// <summary>Sends a line that benchmarks/guest/io.c understands.</summary>
    public void Send(string line) => socket.Send(Encoding.ASCII.GetBytes(line + "\n"));

    /// <summary>Orders what the guest acknowledges.</summary>
    public void Tell(string line)
    {
        int from = Position;
        Send(line);
        WaitFor(Acknowledged, from, 1, OrderSeconds);
    }

    /// <summary>Orders a piece of work; how many milliseconds it took.</summary>
    public double Time(string line, double seconds)
    {
        int from = Position;
        Send(line);
        long begin = WaitFor(WorkBegins, from, 1, seconds);
        return Stopwatch.GetElapsedTime(begin, WaitFor(WorkEnds, from, 1, seconds)).TotalMilliseconds;
    }

    public void Dispose() => socket.Dispose();

    private void Order(byte what)
    {
        int from = Position;
        socket.Send([what]);
        WaitFor(Acknowledged, from, 1, OrderSeconds);
    }

    private string Text(int from)
    {
        var text = new StringBuilder();
        seen[Math.Min(from, seen.Count)..].ForEach(s => text.Append(s.What));
        return text.ToString();
    }

    private void Read()
    {
        byte[] buffer = new byte[256];
        try
        {
            while (socket.Receive(buffer) is int count and > 0)
            {
                long now = Stopwatch.GetTimestamp();
                lock (gate)
                {
                    for (int i = 0; i < count; i++)
                    {
                        seen.Add(((char)buffer[i], now));
                    }

                    Monitor.PulseAll(gate);
                }
            }
        }
        catch (SocketException)
        {
            // The other end is gone.
        }
        catch (ObjectDisposedException)
        {
            // We are gone.
        }

        lock (gate)
        {
            closed = true;
            Monitor.PulseAll(gate);
        }
    }
}
