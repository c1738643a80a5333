using System;
using Limber.Chardev.Native;
using Limber.Chardev.Terminal;
using Limber.Device;

namespace Limber.Chardev.Serial;

/// <summary>
/// The process's standard input and output. A terminal is in raw mode while this lives, except that Ctrl-C, Ctrl-\ and
/// Ctrl-Z still signal the process, as they do with QEMU's <c>-serial stdio</c>.
/// </summary>
internal sealed class StdioBackend : ICharacterBackend
{
    private readonly StdioChannel channel;
    private readonly string label;
    private readonly OutputPump pump;
    private InputGate? gate;
    private BackendThread? reader;

    /// <exception cref="ChardevException">Another character device uses them.</exception>
    public StdioBackend(string label)
        : this(StdioChannel.Open(keepSignals: true), label)
    {
    }

    public StdioBackend(StdioChannel channel, string label)
    {
        this.channel = channel;
        this.label = label;
        pump = OutputPump.Create($"{label}-out", new DescriptorOutput(channel.Output, shared: true, hangUpIsFinal: true), channel);
    }

    public void Start(ICharacterFrontend frontend)
    {
        gate = new InputGate(frontend);
        pump.Start(frontend.OutputDrained);
        reader = new BackendThread($"{label}-in", ReadAll);
    }

    public int Write(ReadOnlySpan<byte> data) => pump.Add(data);

    public void Dispose()
    {
        pump.Dispose();
        gate?.Close();
        reader?.Join();
        gate?.Dispose();
        channel.Dispose();
    }

    // Ends for good at the end of the input: a closed standard input is always readable and would keep the thread busy.
    private void ReadAll()
    {
        Span<byte> buffer = stackalloc byte[InputGate.MaximumTransfer];
        while (!gate!.Closed)
        {
            int capacity = gate.Capacity;
            short ready = gate.Wait(capacity > 0 ? channel.Input : null, Posix.POLLIN, -1);
            if (ready == 0)
            {
                continue;
            }

            int count = HostIo.Read(channel.Input, buffer[..capacity]);
            if (count == -Posix.EAGAIN)
            {
                continue;
            }

            if (count <= 0)
            {
                return;
            }

            gate.Deliver(buffer[..count]);
        }
    }
}
