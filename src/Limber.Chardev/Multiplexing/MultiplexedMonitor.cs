using System;
using System.Threading;
using Limber.Chardev.Monitors;

namespace Limber.Chardev.Multiplexing;

/// <summary>The monitor's side of a multiplexed terminal, as the stream that a monitor session reads and writes.</summary>
/// <remarks>
/// Output waits while the serial port is in focus, as with QEMU: what a command that outlasts a switch still has to say
/// appears after the next one. Thread: one reads, one writes; the terminal's reader calls the rest.
/// Lock order: <see cref="gate"/> is a leaf; the terminal is called after leaving it.
/// </remarks>
internal sealed class MultiplexedMonitor : BlockingStream
{
    private const byte EndOfLine = 0x05; // Ctrl-E in the monitor's line editor
    private const byte DeleteWord = 0x17; // Ctrl-W
    private const int LongestLine = 4096;

    private readonly object gate = new();
    private readonly StdioMultiplexer terminal;
    private readonly InputQueue input = new();
    private bool focused = true;
    private bool inputEnded;
    private bool disposed;
    private int unfinished;

    /// <param name="terminal">Takes the output, and is told when there is room for input again.</param>
    public MultiplexedMonitor(StdioMultiplexer terminal) => this.terminal = terminal;

    /// <summary>The session is over.</summary>
    public bool IsDisposed
    {
        get
        {
            lock (gate)
            {
                return disposed;
            }
        }
    }

    /// <summary>False when no more should be typed before the session has read.</summary>
    public bool HasRoom
    {
        get
        {
            lock (gate)
            {
                return disposed || input.HasRoom;
            }
        }
    }

    /// <summary>What was typed for the monitor; dropped when the session is over.</summary>
    public void Feed(ReadOnlySpan<byte> data)
    {
        lock (gate)
        {
            if (disposed)
            {
                return;
            }

            int end = data.LastIndexOfAny((byte)'\r', (byte)'\n');
            unfinished = Math.Min(LongestLine, end < 0 ? unfinished + data.Length : data.Length - end - 1);
            input.Add(data);
            Monitor.PulseAll(gate);
        }
    }

    /// <summary>No more will be typed: reads return 0 when what was is read.</summary>
    public void EndInput()
    {
        lock (gate)
        {
            inputEnded = true;
            Monitor.PulseAll(gate);
        }
    }

    /// <summary>The serial port has the focus: output waits.</summary>
    public void Leave()
    {
        lock (gate)
        {
            focused = false;
        }
    }

    /// <summary>The monitor has the focus again, with an empty line after a new prompt.</summary>
    public void Enter()
    {
        lock (gate)
        {
            focused = true;

            // Typed for the user: what stood on the line is deleted, which shows nothing at the left edge of the screen, and
            // the empty line is entered. Twice to its end, as the first ends a half-typed escape sequence.
            input.Add([EndOfLine, EndOfLine]);
            for (; unfinished > 0; unfinished--)
            {
                input.Add([DeleteWord]);
            }

            input.Add("\r"u8);
            Monitor.PulseAll(gate);
        }
    }

    /// <summary>Waits for input; 0 at its end.</summary>
    public override int Read(Span<byte> buffer)
    {
        int count;
        lock (gate)
        {
            while (input.Count == 0 && !inputEnded && !disposed)
            {
                Monitor.Wait(gate);
            }

            count = disposed ? 0 : input.Take(buffer);
        }

        terminal.OnMonitorRead();
        return count;
    }

    /// <summary>Waits for the focus and for room at the terminal, and writes all.</summary>
    /// <exception cref="ObjectDisposedException">The stream was disposed.</exception>
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        lock (gate)
        {
            while (!focused && !disposed)
            {
                Monitor.Wait(gate);
            }

            ObjectDisposedException.ThrowIf(disposed, this);
        }

        terminal.WriteAll(buffer);
    }

    protected override void Dispose(bool disposing)
    {
        lock (gate)
        {
            disposed = true;
            Monitor.PulseAll(gate);
        }

        base.Dispose(disposing);
    }
}
