using System;
using System.Buffers.Binary;
using Limber.Vfio.Native;

namespace Limber.Vfio;

/// <content>Interrupts become events, which the kernel or a thread of the VMM waits for.</content>
public sealed unsafe partial class VfioDevice
{
    /// <summary>Stands for an interrupt that is enabled and signals nobody.</summary>
    public const int NoEvent = -1;

    private const int MaximumVectors = 2048;

    private readonly VfioInterruptInfo[] interrupts = new VfioInterruptInfo[(int)VfioInterruptKind.Request + 1];

    /// <summary>What it has of one kind.</summary>
    public VfioInterruptInfo GetInterrupts(VfioInterruptKind kind) => interrupts[(int)kind];

    /// <summary>Enables interrupts, or changes whom they signal.</summary>
    /// <param name="kind">Which kind; of pin, MSI and MSI-X one at a time is enabled.</param>
    /// <param name="first">Number of the first.</param>
    /// <param name="events">Descriptors of events, or <see cref="NoEvent"/>.</param>
    /// <returns>0; the number that can be had when it is less than was asked for, and then nothing was enabled; or an error.</returns>
    public int SetEvents(VfioInterruptKind kind, int first, ReadOnlySpan<int> events)
    {
        if (events.IsEmpty || events.Length > MaximumVectors)
        {
            throw new ArgumentOutOfRangeException(nameof(events), $"{events.Length} events are not in 1..{MaximumVectors}");
        }

        int length = sizeof(vfio_irq_set) + (events.Length * sizeof(int));
        byte* buffer = stackalloc byte[length];
        var set = (vfio_irq_set*)buffer;
        set->argsz = (uint)length;
        set->flags = VfioIoctl.VFIO_IRQ_SET_DATA_EVENTFD | VfioIoctl.VFIO_IRQ_SET_ACTION_TRIGGER;
        set->index = (uint)kind;
        set->start = (uint)first;
        set->count = (uint)events.Length;
        for (int i = 0; i < events.Length; i++)
        {
            BinaryPrimitives.WriteInt32LittleEndian(new Span<byte>(buffer + sizeof(vfio_irq_set) + (i * sizeof(int)), sizeof(int)), events[i]);
        }

        return calls.Control(descriptor, VfioIoctl.VFIO_DEVICE_SET_IRQS, (nint)buffer);
    }

    /// <summary>Disables all interrupts of a kind.</summary>
    public int Disable(VfioInterruptKind kind) =>
        SetWithoutData(kind, VfioIoctl.VFIO_IRQ_SET_ACTION_TRIGGER, count: 0);

    /// <summary>Lets the pin interrupt again; it does at once when the function still asserts it.</summary>
    public int UnmaskIntx() =>
        SetWithoutData(VfioInterruptKind.Intx, VfioIoctl.VFIO_IRQ_SET_ACTION_UNMASK, count: 1);

    private int SetWithoutData(VfioInterruptKind kind, uint action, uint count)
    {
        vfio_irq_set set = new()
        {
            argsz = (uint)sizeof(vfio_irq_set),
            flags = VfioIoctl.VFIO_IRQ_SET_DATA_NONE | action,
            index = (uint)kind,
            count = count,
        };
        return calls.Control(descriptor, VfioIoctl.VFIO_DEVICE_SET_IRQS, (nint)(&set));
    }

    private VfioInterruptInfo ReadInterruptInfo(int index)
    {
        vfio_irq_info info = new() { argsz = (uint)sizeof(vfio_irq_info), index = (uint)index };

        // A function without the kind answers with an error, which is no more than "none".
        return calls.Control(descriptor, VfioIoctl.VFIO_DEVICE_GET_IRQ_INFO, (nint)(&info)) < 0
            ? default
            : new VfioInterruptInfo(
                (int)Math.Min(info.count, MaximumVectors),
                (info.flags & VfioIoctl.VFIO_IRQ_INFO_EVENTFD) != 0,
                (info.flags & VfioIoctl.VFIO_IRQ_INFO_NORESIZE) == 0);
    }
}
