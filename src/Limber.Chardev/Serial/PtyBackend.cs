using System;
using Limber.Chardev.Native;
using Limber.Chardev.Terminal;
using Limber.Device;

namespace Limber.Chardev.Serial;

/// <summary>A pseudo terminal, which processes may open and leave as they like. While none has it open, output is dropped.</summary>
/// <remarks>
/// It is made raw again when a peer has left, unless the next one opens it in the same moment: then nobody can tell.
/// </remarks>
internal sealed class PtyBackend : ICharacterBackend
{
    // The kernel tells when the last process leaves, but not when the next one comes.
    private const int AwaitPeerMilliseconds = 200;

    private readonly PseudoTerminal terminal = PseudoTerminal.Open();
    private readonly string label;
    private readonly OutputPump pump;
    private InputGate? gate;
    private BackendThread? reader;

    /// <exception cref="Interop.HostException">The host has no pseudo terminals left.</exception>
    public PtyBackend(string label)
    {
        this.label = label;
        pump = OutputPump.Create($"{label}-out", new DescriptorOutput(terminal.Master, shared: false, hangUpIsFinal: false), terminal);
    }

    /// <summary>Path of the terminal to open.</summary>
    public string Name => terminal.Name;

    internal PseudoTerminal Terminal => terminal;

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
        terminal.Dispose();
    }

    private void ReadAll()
    {
        Span<byte> buffer = stackalloc byte[InputGate.MaximumTransfer];
        bool hadPeer = false;
        while (!gate!.Closed)
        {
            int capacity = gate.Capacity;
            if (capacity == 0)
            {
                _ = gate.Wait(null, 0, -1);
                continue;
            }

            short ready = gate.Wait(terminal.Master, Posix.POLLIN, -1);
            if ((ready & Posix.POLLIN) != 0)
            {
                // Input of a peer that left already is still there; an end or an error means that it was taken back.
                int count = HostIo.Read(terminal.Master, buffer[..capacity]);
                hadPeer = true;
                gate.Deliver(buffer[..Math.Max(count, 0)]);
            }
            else if ((ready & Posix.POLLHUP) != 0)
            {
                if (hadPeer)
                {
                    // The peer may have left it in a mode of its own.
                    terminal.MakeRaw();
                    hadPeer = false;
                }

                _ = gate.Wait(null, 0, AwaitPeerMilliseconds);
                hadPeer |= terminal.HasPeer;
            }
        }
    }
}
