using System;
using System.IO;
using System.Threading;
using Limber.Chardev.Terminal;
using Limber.Device;

namespace Limber.Chardev.Serial;

/// <summary>Standard input and output, or a file.</summary>
internal sealed class StreamBackend : ICharacterBackend, IByteSink
{
    private const int StackSize = 256 * 1024;

    private readonly Stream? input;
    private readonly Stream output;
    private readonly TerminalMode? terminal;
    private OutputQueue? queue;
    private InputGate? gate;
    private bool broken;

    /// <param name="input">Null when nothing ever comes.</param>
    /// <param name="output">Where output goes.</param>
    /// <param name="terminal">Restored when the backend ends.</param>
    public StreamBackend(Stream? input, Stream output, TerminalMode? terminal)
    {
        this.input = input;
        this.output = output;
        this.terminal = terminal;
    }

    public void Start(ICharacterFrontend frontend)
    {
        queue = new OutputQueue("serial-out", this, frontend.OutputDrained);
        if (input is not null)
        {
            gate = new InputGate(frontend);
            new Thread(ReadAll, StackSize) { Name = "serial-in", IsBackground = true }.Start();
        }
    }

    public int Write(ReadOnlySpan<byte> data) => queue?.Add(data) ?? data.Length;

    void IByteSink.Write(ReadOnlySpan<byte> data)
    {
        if (broken)
        {
            return;
        }

        try
        {
            output.Write(data);
            output.Flush();
        }
        catch (IOException)
        {
            // A reader that went away, a full disk: the guest must not stall for it.
            broken = true;
        }
    }

    /// <summary>Writes what is queued. The thread that reads standard input stays in its read: it ends with the process.</summary>
    public void Dispose()
    {
        gate?.Close();
        queue?.Dispose();
        terminal?.Dispose();
        if (input is null)
        {
            output.Dispose();
        }
    }

    private void ReadAll()
    {
        byte[] buffer = new byte[256];
        try
        {
            while (gate!.WaitCapacity() is int capacity and > 0
                && input!.Read(buffer, 0, Math.Min(capacity, buffer.Length)) is int count and > 0)
            {
                gate.Deliver(buffer.AsSpan(0, count));
            }
        }
        catch (IOException)
        {
            // As good as its end.
        }
    }
}
