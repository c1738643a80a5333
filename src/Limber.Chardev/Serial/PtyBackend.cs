using System;
using System.IO;
using System.Threading;
using Limber.Chardev.Terminal;
using Limber.Device;

namespace Limber.Chardev.Serial;

/// <summary>A pseudo terminal, which processes may open and leave as they like.</summary>
internal sealed class PtyBackend : ICharacterBackend, IByteSink
{
    private const int StackSize = 256 * 1024;
    private const int PollMilliseconds = 200;

    private readonly PseudoTerminal terminal = PseudoTerminal.Open();
    private OutputQueue? queue;
    private InputGate? gate;
    private volatile bool ending;

    /// <summary>Path of the terminal to open.</summary>
    public string Name => terminal.Name;

    public void Start(ICharacterFrontend frontend)
    {
        queue = new OutputQueue("serial-out", this, frontend.OutputDrained);
        gate = new InputGate(frontend);
        new Thread(ReadAll, StackSize) { Name = "serial-in", IsBackground = true }.Start();
    }

    public int Write(ReadOnlySpan<byte> data) => queue?.Add(data) ?? data.Length;

    void IByteSink.Write(ReadOnlySpan<byte> data)
    {
        while (!ending && terminal.HasPeer)
        {
            if (terminal.WaitOutput(PollMilliseconds))
            {
                try
                {
                    terminal.Write(data);
                }
                catch (IOException)
                {
                    // The peer left in between.
                }

                return;
            }
        }
    }

    public void Dispose()
    {
        queue?.Dispose();
        ending = true;
        gate?.Close();
        terminal.Dispose();
    }

    private void ReadAll()
    {
        byte[] buffer = new byte[256];
        try
        {
            while (!ending && gate!.WaitCapacity() is int capacity and > 0)
            {
                if (terminal.WaitInput(PollMilliseconds))
                {
                    int count = terminal.Read(buffer.AsSpan(0, Math.Min(capacity, buffer.Length)));
                    gate.Deliver(buffer.AsSpan(0, count));
                }
                else if (!terminal.HasPeer)
                {
                    // Without a peer the wait ends at once.
                    Thread.Sleep(PollMilliseconds);
                }
            }
        }
        catch (ObjectDisposedException)
        {
            // The machine ends.
        }
    }
}
