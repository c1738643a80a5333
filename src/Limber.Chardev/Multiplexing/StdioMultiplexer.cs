using System;
using System.IO;
using System.Threading;
using Limber.Chardev.Native;
using Limber.Chardev.Serial;
using Limber.Chardev.Terminal;
using Limber.Device;

namespace Limber.Chardev.Multiplexing;

/// <summary>
/// A serial port and a text monitor on standard input and output (QEMU's <c>-nographic</c> and <c>-serial mon:stdio</c>).
/// </summary>
/// <remarks>
/// Input goes to the one in focus, the serial port at first; Ctrl-A begins a command to the multiplexer, see
/// <see cref="EscapeDecoder"/>. What the guest prints appears whoever is in focus. Ctrl-C is input like any other.
/// A session begins when the monitor gets the focus for the first time, and when the one before has ended.
/// Thread: focus and decoder are the reader's alone.
/// </remarks>
public sealed class StdioMultiplexer : ICharacterBackend
{
    private readonly Lock starting = new();
    private readonly StdioChannel channel;
    private readonly string label;
    private readonly OutputPump pump;
    private readonly ManualResetEventSlim room = new();
    private readonly InputQueue serialInput = new();
    private InputGate? gate;
    private BackendThread? reader;
    private Action<Stream>? serveMonitor;
    private Action? quit;
    private EscapeDecoder decoder;
    private bool monitorFocused;
    private bool inputEnded;
    private volatile MultiplexedMonitor? monitor;

    /// <exception cref="ChardevException">Another character device uses them.</exception>
    internal StdioMultiplexer(string label)
        : this(StdioChannel.Open(keepSignals: false), label)
    {
    }

    internal StdioMultiplexer(StdioChannel channel, string label)
    {
        this.channel = channel;
        this.label = label;
        pump = new OutputPump($"{label}-out", new DescriptorOutput(channel.Output, shared: true, hangUpIsFinal: true));
    }

    /// <summary>The guest's output goes out from here on; input waits for <see cref="Connect"/> too.</summary>
    public void Start(ICharacterFrontend frontend)
    {
        gate = new InputGate(frontend);
        pump.Start(() => OnDrained(frontend));
        StartReader();
    }

    /// <summary>Gives the multiplexer what its commands act on. Nothing is read before. Call once.</summary>
    /// <param name="serveMonitor">
    /// Starts a text monitor's session, which owns the stream, and returns. Called on the reader's thread.
    /// </param>
    /// <param name="quit">Ends the machine, without waiting for the end. Called on the reader's thread.</param>
    public void Connect(Action<Stream> serveMonitor, Action quit)
    {
        ArgumentNullException.ThrowIfNull(serveMonitor);
        ArgumentNullException.ThrowIfNull(quit);
        this.serveMonitor = serveMonitor;
        this.quit = quit;
        StartReader();
    }

    /// <inheritdoc/>
    public int Write(ReadOnlySpan<byte> data) => pump.Add(data);

    /// <summary>Lets output go out for a limited time, ends the monitor's session and restores the terminal. Idempotent.</summary>
    public void Dispose()
    {
        pump.Dispose();
        room.Set();
        gate?.Close();
        reader?.Join();
        monitor?.Dispose();
        channel.Dispose();
    }

    /// <summary>The monitor's session took input.</summary>
    internal void OnMonitorRead() => gate!.Wake();

    /// <summary>Queues all of the monitor's output, waiting for room where needed; it is dropped at the end.</summary>
    internal void WriteAll(ReadOnlySpan<byte> data)
    {
        while (true)
        {
            // Reset before the attempt, so that room made after it is not missed.
            room.Reset();
            data = data[pump.Add(data)..];
            if (data.IsEmpty)
            {
                return;
            }

            room.Wait();
        }
    }

    private void OnDrained(ICharacterFrontend frontend)
    {
        // Either may have been the one that fell short; the port takes a drain that it did not wait for.
        room.Set();
        frontend.OutputDrained();
    }

    private void StartReader()
    {
        lock (starting)
        {
            if (reader is null && gate is not null && quit is not null)
            {
                reader = new BackendThread($"{label}-in", ReadAll);
            }
        }
    }

    private void ReadAll()
    {
        Span<byte> buffer = stackalloc byte[InputGate.MaximumTransfer];
        while (!gate!.Closed)
        {
            DeliverToSerial();
            bool reading = !inputEnded && serialInput.HasRoom && monitor is not { HasRoom: false };
            if (gate.Wait(reading ? channel.Input : null, Posix.POLLIN, -1) == 0)
            {
                continue;
            }

            int count = HostIo.Read(channel.Input, buffer);
            if (count > 0)
            {
                Route(buffer[..count]);
            }
            else if (count != -Posix.EAGAIN)
            {
                // The thread stays: the guest may not have taken everything yet.
                inputEnded = true;
                monitor?.EndInput();
            }
        }
    }

    private void Route(ReadOnlySpan<byte> typed)
    {
        Span<byte> input = stackalloc byte[InputGate.MaximumTransfer];
        int count = 0;
        foreach (byte b in typed)
        {
            byte value = b;
            EscapeAction action = decoder.Feed(ref value);
            if (action == EscapeAction.Input)
            {
                input[count++] = value;
            }
            else if (action != EscapeAction.None)
            {
                FeedFocus(input[..count]);
                count = 0;
                Act(action);
            }
        }

        FeedFocus(input[..count]);
    }

    private void FeedFocus(ReadOnlySpan<byte> data)
    {
        if (data.IsEmpty)
        {
            return;
        }

        if (monitorFocused)
        {
            monitor!.Feed(data);
        }
        else
        {
            serialInput.Add(data);
        }
    }

    private void Act(EscapeAction action)
    {
        switch (action)
        {
            case EscapeAction.Switch:
                SwitchFocus();
                break;
            case EscapeAction.Help:
                _ = pump.Add(EscapeDecoder.Help);
                break;
            case EscapeAction.Quit:
                _ = pump.Add("QEMU: Terminated\r\n"u8);
                quit!();
                break;
        }
    }

    private void SwitchFocus()
    {
        monitorFocused = !monitorFocused;
        if (!monitorFocused)
        {
            monitor!.Leave();
            _ = pump.Add("\r\n"u8);
        }
        else if (monitor is { IsDisposed: false } session)
        {
            session.Enter();
        }
        else
        {
            var opened = new MultiplexedMonitor(this);
            monitor = opened;
            serveMonitor!(opened);
        }
    }

    private void DeliverToSerial()
    {
        Span<byte> buffer = stackalloc byte[InputGate.MaximumTransfer];
        int capacity;
        while (serialInput.Count > 0 && (capacity = gate!.Capacity) > 0)
        {
            int count = serialInput.Take(buffer[..capacity]);
            gate.Deliver(buffer[..count]);
        }
    }
}
