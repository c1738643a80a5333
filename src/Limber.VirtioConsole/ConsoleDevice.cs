using System;
using System.Collections.Generic;
using System.Threading;
using Limber.Virtio;
using Limber.VirtioConsole.Ports;

namespace Limber.VirtioConsole;

/// <summary>
/// virtio-console (VIRTIO 1.2, 5.3): one terminal, or a board with up to 31 ports that are terminals or named streams and come and go.
/// </summary>
/// <remarks>
/// Nothing is lost on the way and nothing grows: what the back end can't take stays in the driver's buffer, what the guest does not
/// read stays with the back end but for <see cref="PortInput.Capacity"/> bytes. See <see cref="PortInput"/> for closed ports.
/// The device runs on the first loop of its context: streams of bytes are slow, and so ports need no locks.
/// Thread: <see cref="AddPort"/>, <see cref="RemovePort"/> and <see cref="Resize"/> never a vCPU's; from the loop's own they act at
/// once, from others they wait for it.
/// </remarks>
public sealed class ConsoleDevice : VirtioDevice
{
    /// <summary>Most ports of a device (as QEMU's max_ports).</summary>
    public const int PortLimit = 31;

    private const int ConfigLength = 12;
    private const int ColumnsOffset = 0;
    private const int RowsOffset = 2;
    private const int MaximumPortsOffset = 4;
    private const int EmergencyOffset = 8;
    private const int QueueSize = 128;

    private readonly ConsolePort?[] ports;
    private readonly Virtqueue?[] running;
    private readonly PortControl control;
    private readonly EmergencyOutput emergency = new();
    private readonly byte[] emergencyBytes = new byte[EmergencyOutput.Capacity];
    private readonly Action writeEmergency;
    private readonly Action<string> oddity;
    private readonly bool isSinglePort;
    private bool isActive;
    private bool hasControl;

    /// <summary>One terminal, without MULTIPORT: port 0.</summary>
    /// <param name="context">Surroundings.</param>
    /// <param name="port">The terminal; its name is for the owner, guests do not see it.</param>
    /// <exception cref="ArgumentException">The port has another number.</exception>
    public ConsoleDevice(VirtioDeviceContext context, ConsolePortOptions port)
        : this(context, maximumPorts: 1, isSinglePort: true, SizeFeature(port))
    {
        try
        {
            AddPort(port with { IsConsole = true, Number = port.Number ?? 0 });
        }
        catch
        {
            Abandon();
            throw;
        }

        if (port.Size is { } size)
        {
            WriteSize(size);
        }
    }

    /// <summary>A board for ports, with MULTIPORT, and no port yet.</summary>
    /// <param name="context">Surroundings.</param>
    /// <param name="maximumPorts">How many ports there can be, 1 to <see cref="PortLimit"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">The number is outside of its limits.</exception>
    public ConsoleDevice(VirtioDeviceContext context, int maximumPorts)
        : this(context, CheckMaximum(maximumPorts), isSinglePort: false, ConsoleFeatures.Multiport)
    {
    }

    private ConsoleDevice(VirtioDeviceContext context, int maximumPorts, bool isSinglePort, ulong features)
        : base(
            VirtioDeviceType.Console,
            OneLoop.Of(context),
            QueueSizes(isSinglePort ? ConsoleQueues.SinglePort : ConsoleQueues.Count(maximumPorts)),
            features | ConsoleFeatures.EmergencyWrite,
            CreateConfig(maximumPorts))
    {
        this.isSinglePort = isSinglePort;
        ports = new ConsolePort?[maximumPorts];
        running = new Virtqueue?[Registers.QueueCount];
        oddity = text => Log.GuestError(Id, text);
        control = new PortControl(ports, oddity);
        writeEmergency = WriteEmergency;
    }

    /// <summary>Most ports.</summary>
    public int MaximumPorts => ports.Length;

    /// <summary>The port with this number, or null. Thread: any.</summary>
    public ConsolePort? GetPort(int number) => number >= 0 && number < ports.Length ? Volatile.Read(ref ports[number]) : null;

    /// <summary>Adds a port; a running guest hears of it. The caller starts the back end with it.</summary>
    /// <exception cref="ArgumentException">The number or the name is taken or not possible.</exception>
    /// <exception cref="InvalidOperationException">All numbers are taken.</exception>
    public ConsolePort AddPort(ConsolePortOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        ConsolePort? port = null;
        LoopCall.Run(ControlLoop, () =>
        {
            int number = PortPlaces.Choose(ports, options, Id);
            port = new ConsolePort(this, number, options);
            Volatile.Write(ref ports[number], port);
            control.Added(port);
            ScheduleQueue(ConsoleQueues.ControlReceive);
            OpenWithoutControl();
        });
        return port!;
    }

    /// <summary>Takes a port away; a running guest hears of it. The device calls the back end no more when this returns.</summary>
    /// <exception cref="ArgumentException">The device has no such port.</exception>
    public void RemovePort(ConsolePort port)
    {
        ArgumentNullException.ThrowIfNull(port);
        LoopCall.Run(ControlLoop, () =>
        {
            if (isSinglePort || GetPort(port.Number) != port)
            {
                throw new ArgumentException($"port {port.Number} can't be removed from {Id}: it is the only one, or was removed already");
            }

            control.Removing(port);
            Volatile.Write(ref ports[port.Number], null);
            port.Remove();
            ScheduleQueue(ConsoleQueues.ControlReceive);

            // What the guest goes on sending to it is given back unread.
            ScheduleQueue(ConsoleQueues.Transmit(port.Number));
        });
    }

    /// <summary>A terminal has another size.</summary>
    /// <exception cref="ArgumentException">The port is no console.</exception>
    public void Resize(ConsolePort port, TerminalSize size)
    {
        ArgumentNullException.ThrowIfNull(port);
        if (!port.IsConsole)
        {
            throw new ArgumentException($"port {port.Number} of {Id} is no console and has no size");
        }

        LoopCall.Run(ControlLoop, () =>
        {
            port.Size = size;
            if (isSinglePort)
            {
                WriteSize(size);
                NotifyConfigChanged();
            }
            else if (port.IsReady)
            {
                Tell(port, PortNews.Resize);
            }
        });
    }

    internal bool PostToLoop(Action action) => ControlLoop.Post(action, this);

    /// <summary>Thread: the loop's.</summary>
    internal void ScheduleQueue(int queue)
    {
        if (queue < running.Length)
        {
            running[queue]?.Schedule();
        }
    }

    /// <summary>Thread: the loop's.</summary>
    internal void Tell(ConsolePort port, PortNews news)
    {
        port.News |= news;
        ScheduleQueue(ConsoleQueues.ControlReceive);
    }

    protected override void OnConfigWritten(int offset, int length)
    {
        if (offset <= EmergencyOffset && EmergencyOffset < offset + length
            && emergency.Add((byte)(Config.ReadUInt32(EmergencyOffset) & 0xff)))
        {
            PostToLoop(writeEmergency);
        }
    }

    protected override void Activate(ulong features, IReadOnlyList<Virtqueue?> queues)
    {
        isActive = true;
        hasControl = (features & ConsoleFeatures.Multiport) != 0;
        OpenWithoutControl();
    }

    protected override void Deactivate(Action deactivated)
    {
        isActive = false;
        control.Reset();
        foreach (ConsolePort? port in ports)
        {
            port?.Forget();
        }

        deactivated();
    }

    protected override void StartQueue(Virtqueue queue) => running[queue.Index] = queue;

    protected override void StopQueue(Virtqueue queue, QueueStopReason reason, Action stopped)
    {
        running[queue.Index] = null;
        if (!ConsoleQueues.IsReceive(queue.Index) && !ConsoleQueues.IsControl(queue.Index))
        {
            ports[ConsoleQueues.PortOf(queue.Index)]?.Output.Stop(reason != QueueStopReason.Pause, oddity);
        }

        stopped();
    }

    protected override QueueWork ProcessQueue(Virtqueue queue)
    {
        int index = queue.Index;
        if (index >= ConsoleQueues.SinglePort && !hasControl)
        {
            // Nothing is defined for these queues without MULTIPORT; what the driver put there stays there.
            return QueueWork.Waiting;
        }

        if (ConsoleQueues.IsControl(index))
        {
            if (index == ConsoleQueues.ControlReceive)
            {
                return control.Speak(queue);
            }

            QueueWork work = control.Listen(queue);
            ScheduleQueue(ConsoleQueues.ControlReceive);
            return work;
        }

        ConsolePort? port = ports[ConsoleQueues.PortOf(index)];
        return ConsoleQueues.IsReceive(index)
            ? port?.Input.Fill(queue, oddity) ?? QueueWork.Waiting
            : port?.Output.Process(queue, oddity) ?? PortOutput.Discard(queue);
    }

    private static ulong SizeFeature(ConsolePortOptions port)
    {
        ArgumentNullException.ThrowIfNull(port);
        return port.Size is null ? 0 : ConsoleFeatures.Size;
    }

    private static int CheckMaximum(int maximumPorts) => maximumPorts is >= 1 and <= PortLimit
        ? maximumPorts
        : throw new ArgumentOutOfRangeException(nameof(maximumPorts), $"a console device has 1 to {PortLimit} ports, not {maximumPorts}");

    private static int[] QueueSizes(int count)
    {
        int[] sizes = new int[count];
        Array.Fill(sizes, QueueSize);
        return sizes;
    }

    private static VirtioConfigSpace CreateConfig(int maximumPorts)
    {
        var config = new VirtioConfigSpace(ConfigLength);
        config.AllowWrites(EmergencyOffset, 4);
        config.WriteUInt32(MaximumPortsOffset, (uint)maximumPorts);
        return config;
    }

    private void OpenWithoutControl()
    {
        if (isActive && !hasControl)
        {
            ports[0]?.SetGuestOpen(true);
        }
    }

    private void WriteSize(TerminalSize size)
    {
        Config.WriteUInt16(ColumnsOffset, size.Columns);
        Config.WriteUInt16(RowsOffset, size.Rows);
    }

    private void WriteEmergency()
    {
        int count = emergency.Take(emergencyBytes);
        ports[0]?.Output.WriteUrgently(emergencyBytes.AsSpan(0, count));
    }
}
