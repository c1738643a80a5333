using System;
using System.Collections.Generic;
using System.Text;
using Limber.Device.Loop;

namespace Limber.Virtio.Console;

/// <summary>A console device (VIRTIO 1.2, 5.3): terminals and named byte streams between guest and host.</summary>
/// <remarks>
/// A device made with one port that is a plain console offers no multiport and has two queues; others have a control channel,
/// by which the driver learns of ports and says which of them somebody has opened.
/// The ports are those given at creation. Input waits in the host until the guest opened the port.
/// Thread: public members any. All queues run on the control loop: the context has one loop.
/// </remarks>
public sealed class VirtioConsole : VirtioDevice
{
    private const int QueueSize = 128;
    private const int MaximumNameLength = 255;

    /// <summary>Most ports, which is what drivers have room for in one device of QEMU's.</summary>
    private const int MostPorts = 31;

    private readonly ConsolePort[] ports;
    private readonly LoopSource?[] sources;
    private readonly ConsoleControl control;

    /// <param name="context">Surroundings, with one loop.</param>
    /// <param name="ports">At least one; the first is what drivers without multiport use.</param>
    public VirtioConsole(VirtioDeviceContext context, IReadOnlyList<VirtioConsolePortOptions> ports)
        : base(VirtioDeviceType.Console, CheckLoops(context), QueueSizes(ports), FeaturesOf(ports), CreateConfig(ports))
    {
        this.ports = new ConsolePort[ports.Count];
        for (int i = 0; i < ports.Count; i++)
        {
            this.ports[i] = new ConsolePort(i, ports[i]);
        }

        sources = new LoopSource?[ports.Count];
        control = new ConsoleControl(this.ports, Config);
        foreach (ConsolePort port in this.ports)
        {
            port.Backend.Start(port);
        }
    }

    /// <inheritdoc/>
    protected internal override int ChainsPerTurn => 32;

    /// <summary>The terminal behind a console port has another size.</summary>
    public void Resize(int port, ushort columns, ushort rows)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)port, (uint)ports.Length, nameof(port));
        _ = ControlLoop.Post(
            () =>
            {
                control.SetSize(port, columns, rows);
                if (port == 0 && !control.IsMultiport)
                {
                    NotifyConfigChanged();
                }

                control.Queue?.Schedule();
            },
            this);
    }

    /// <inheritdoc/>
    protected override void Activate(ulong features, IReadOnlyList<Virtqueue?> queues)
    {
        control.Reset(features);
        for (int i = 0; i < ports.Length; i++)
        {
            ConsolePort port = ports[i];
            sources[i] ??= ControlLoop.Add(port.Activity, () => Wake(port), this);
        }

        if (!control.IsMultiport)
        {
            ports[0].SetOpen(true);
        }
    }

    /// <inheritdoc/>
    protected override void Deactivate(Action deactivated)
    {
        for (int i = 0; i < ports.Length; i++)
        {
            sources[i]?.Dispose();
            sources[i] = null;
            ports[i].SetOpen(false);
            ports[i].DropInput();
        }

        control.Reset(0);
        deactivated();
    }

    /// <inheritdoc/>
    protected override void StartQueue(Virtqueue queue)
    {
        ArgumentNullException.ThrowIfNull(queue);
        if (queue.Index == ConsoleRegisters.ControlReceive)
        {
            control.Queue = queue;
        }
        else if (FindPort(queue.Index, out bool transmits) is { } port)
        {
            port.ReceiveQueue = transmits ? port.ReceiveQueue : queue;
            port.TransmitQueue = transmits ? queue : port.TransmitQueue;
        }
    }

    /// <inheritdoc/>
    protected override void StopQueue(Virtqueue queue, QueueStopReason reason, Action stopped)
    {
        ArgumentNullException.ThrowIfNull(queue);
        if (FindPort(queue.Index, out bool transmits) is { } port && transmits)
        {
            ConsoleOutput.GiveUp(port, queue, reason);
        }

        stopped();
    }

    /// <inheritdoc/>
    protected override QueueWork ProcessQueue(Virtqueue queue)
    {
        ArgumentNullException.ThrowIfNull(queue);
        switch (queue.Index)
        {
            case ConsoleRegisters.ControlReceive:
                return control.SendNews(queue);
            case ConsoleRegisters.ControlTransmit:
                return ProcessControl(queue);
            default:
                return FindPort(queue.Index, out bool transmits) is not { } port ? QueueWork.Waiting
                    : transmits ? ConsoleOutput.Transmit(port, queue)
                    : Receive(port, queue);
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        foreach (ConsolePort port in ports)
        {
            port.Dispose();
        }
    }

    private static VirtioDeviceContext CheckLoops(VirtioDeviceContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return context.Loops.Count == 1
            ? context
            : throw new ArgumentException($"console {context.Id} has {context.Loops.Count} loops, not 1", nameof(context));
    }

    private static int[] QueueSizes(IReadOnlyList<VirtioConsolePortOptions> ports)
    {
        ArgumentNullException.ThrowIfNull(ports);
        if (ports.Count is < 1 or > MostPorts)
        {
            throw new ArgumentException($"console with {ports.Count} ports, not 1..{MostPorts}", nameof(ports));
        }

        foreach (VirtioConsolePortOptions port in ports)
        {
            int length = Encoding.UTF8.GetByteCount(port.Name ?? "");
            if (length > MaximumNameLength)
            {
                throw new ArgumentException($"name of a console port has {length} bytes, more than {MaximumNameLength}", nameof(ports));
            }
        }

        int[] sizes = new int[IsPlain(ports) ? 2 : 2 + (2 * ports.Count)];
        Array.Fill(sizes, QueueSize);
        return sizes;
    }

    private static bool IsPlain(IReadOnlyList<VirtioConsolePortOptions> ports) =>
        ports.Count == 1 && ports[0].IsConsole && ports[0].Name is null;

    private static ulong FeaturesOf(IReadOnlyList<VirtioConsolePortOptions> ports) =>
        ConsoleRegisters.Size | (IsPlain(ports) ? 0 : ConsoleRegisters.Multiport);

    private static VirtioConfigSpace CreateConfig(IReadOnlyList<VirtioConsolePortOptions> ports)
    {
        var config = new VirtioConfigSpace(ConsoleRegisters.ConfigLength);
        config.WriteUInt32(ConsoleRegisters.MaximumPorts, (uint)ports.Count);
        return config;
    }

    private static void Wake(ConsolePort port)
    {
        port.ReceiveQueue?.Schedule();
        port.TransmitQueue?.Schedule();
    }

    private static QueueWork Receive(ConsolePort port, Virtqueue queue)
    {
        while (port.HasInput)
        {
            if (!queue.TryPop(out DescriptorChain? chain))
            {
                return QueueWork.Done;
            }

            queue.Push(chain, port.TakeInput(chain.Writer));
        }

        // Buffers may be there; the next input asks for a turn.
        return QueueWork.Waiting;
    }

    private ConsolePort? FindPort(int queue, out bool transmits)
    {
        transmits = (queue & 1) != 0;
        int port = queue < ConsoleRegisters.ControlReceive ? 0 : (queue / 2) - 1;
        bool isControl = queue is ConsoleRegisters.ControlReceive or ConsoleRegisters.ControlTransmit;
        return !isControl && port < ports.Length ? ports[port] : null;
    }

    private QueueWork ProcessControl(Virtqueue queue)
    {
        while (queue.TryPop(out DescriptorChain? chain))
        {
            SegmentReader reader = chain.Reader;
            if (reader.TryRead(out uint port) && reader.TryRead(out ushort happened) && reader.TryRead(out ushort value))
            {
                if (control.Take(port, (ConsoleEvent)happened, value) is { } oddity)
                {
                    Log.GuestError(Id, oddity);
                }
            }
            else
            {
                Log.GuestError(Id, "console control message that is too short");
            }

            queue.Push(chain, 0);
        }

        control.Queue?.Schedule();
        return QueueWork.Done;
    }
}
