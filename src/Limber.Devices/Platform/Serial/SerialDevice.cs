using System;
using System.Collections.Generic;
using System.Threading;
using Limber.Acpi;
using Limber.Device;

namespace Limber.Devices.Platform.Serial;

/// <summary>
/// A serial port, 16550A, at one of the PC's four places. Break, parity and speed have no effect.
/// </summary>
/// <remarks>
/// Output never blocks a vCPU and loses nothing while the guest waits for THRE: bytes that the backend can't take stay
/// here, and LSR says so until the backend has room again.
/// <code>
///          a byte arrives                       all taken
///   idle ------------------> pumping (1 thread) -----------> idle
///                              ^         |
///               OutputDrained  |         | the backend is full, and no OutputDrained came meanwhile
///                            blocked &lt;---+
/// </code>
/// Thread: registers on vCPU threads; <see cref="ICharacterFrontend"/> on the backend's thread.
/// Lock order: <see cref="gate"/> is a leaf; line, backend, log and resume action are called after leaving it.
/// </remarks>
public sealed class SerialDevice : IIoDevice, ICharacterFrontend, IResettable, IAmlContributor, IRegisterFile<SerialRegister>
{
    /// <summary>How many ports a PC has room for.</summary>
    public const int MaximumPorts = 4;

    private const string Name = "serial";

    private static readonly RegisterMap<SerialRegister> Map = new(
        PlatformPorts.SerialLength,
        new(SerialRegister.Data, 0, 1, RegisterAccess.ReadWrite),
        new(SerialRegister.InterruptEnable, 1, 1, RegisterAccess.ReadWrite),
        new(SerialRegister.InterruptIdentification, 2, 1, RegisterAccess.Read),
        new(SerialRegister.FifoControl, 2, 1, RegisterAccess.Write),
        new(SerialRegister.LineControl, 3, 1, RegisterAccess.ReadWrite),
        new(SerialRegister.ModemControl, 4, 1, RegisterAccess.ReadWrite),
        new(SerialRegister.LineStatus, 5, 1, RegisterAccess.ReadWrite),
        new(SerialRegister.ModemStatus, 6, 1, RegisterAccess.ReadWrite),
        new(SerialRegister.Scratch, 7, 1, RegisterAccess.ReadWrite));

    private readonly Lock gate = new();
    private readonly SerialUart uart = new();
    private readonly SerialInterrupt interrupt;
    private readonly ICharacterBackend backend;
    private readonly IDeviceLog log;
    private bool pumping;
    private bool blocked;
    private bool drained;
    private Action? resume;

    /// <param name="index">0 for COM1 to 3 for COM4.</param>
    /// <param name="line">The wire of <see cref="Irq"/>.</param>
    /// <param name="backend">The host side; the owner starts it with this device and disposes of it.</param>
    /// <param name="log">Counts what the guest did wrong.</param>
    public SerialDevice(int index, IInterruptLine line, ICharacterBackend backend, IDeviceLog log)
    {
        ArgumentNullException.ThrowIfNull(line);
        ArgumentNullException.ThrowIfNull(backend);
        ArgumentNullException.ThrowIfNull(log);
        Index = index;
        BasePort = GetBasePort(index);
        Irq = GetIrq(index);
        interrupt = new SerialInterrupt(line, gate);
        this.backend = backend;
        this.log = log;
    }

    /// <summary>0 for COM1 to 3 for COM4.</summary>
    public int Index { get; }

    /// <summary>First of <see cref="PlatformPorts.SerialLength"/> ports.</summary>
    public ushort BasePort { get; }

    /// <summary>ISA interrupt, which is also the global system interrupt.</summary>
    public byte Irq { get; }

    /// <inheritdoc/>
    public int ReceiveCapacity
    {
        get
        {
            lock (gate)
            {
                return uart.GetReceiveCapacity();
            }
        }
    }

    /// <summary>First port of COM<c>index + 1</c>.</summary>
    public static ushort GetBasePort(int index) => index switch
    {
        0 => 0x3f8,
        1 => 0x2f8,
        2 => 0x3e8,
        3 => 0x2e8,
        _ => throw new ArgumentOutOfRangeException(nameof(index), $"serial port {index} is not in 0..{MaximumPorts - 1}"),
    };

    /// <summary>ISA interrupt of COM<c>index + 1</c>.</summary>
    public static byte GetIrq(int index) => index switch
    {
        0 or 2 => 4,
        1 or 3 => 3,
        _ => throw new ArgumentOutOfRangeException(nameof(index), $"serial port {index} is not in 0..{MaximumPorts - 1}"),
    };

    /// <inheritdoc/>
    public IoStatus Read(ulong offset, Span<byte> data) => Map.Read(this, offset, data);

    /// <inheritdoc/>
    public IoStatus Write(ulong offset, ReadOnlySpan<byte> data) => Map.Write(this, offset, data);

    /// <inheritdoc/>
    public void Receive(ReadOnlySpan<byte> data)
    {
        bool drive;
        lock (gate)
        {
            uart.Receive(data);
            drive = interrupt.Update(uart.IsInterrupting);
        }

        Finish(drive, null);
    }

    /// <inheritdoc/>
    public void OutputDrained()
    {
        Span<byte> batch = stackalloc byte[SerialUart.OutputCapacity];
        int count;
        lock (gate)
        {
            drained = true;
            blocked = false;
            count = BeginPump(batch);
        }

        Finish(Pump(batch, count), null);
    }

    /// <inheritdoc/>
    public void OnCapacityAvailable(Action resume)
    {
        lock (gate)
        {
            this.resume = resume;
        }
    }

    /// <summary>
    /// Registers and received input as after power-on. What the guest wrote before still goes to the backend.
    /// </summary>
    public void Reset()
    {
        bool drive;
        Action? wake;
        lock (gate)
        {
            uart.Reset();
            drive = interrupt.Update(uart.IsInterrupting);
            wake = uart.TakeResume() ? resume : null;
        }

        Finish(drive, wake);
    }

    /// <inheritdoc/>
    public IEnumerable<AmlTerm> DescribeAml() => SerialAml.Describe(Index, BasePort, Irq);

    ulong IRegisterFile<SerialRegister>.ReadRegister(SerialRegister register)
    {
        byte value;
        bool drive;
        Action? wake;
        lock (gate)
        {
            value = uart.Read(register);
            drive = interrupt.Update(uart.IsInterrupting);
            wake = uart.TakeResume() ? resume : null;
        }

        Finish(drive, wake);
        return value;
    }

    void IRegisterFile<SerialRegister>.WriteRegister(SerialRegister register, ulong value)
    {
        Span<byte> batch = stackalloc byte[SerialUart.OutputCapacity];
        bool accepted;
        bool drive;
        Action? wake;
        int count;
        lock (gate)
        {
            accepted = uart.Write(register, (byte)value);
            drive = interrupt.Update(uart.IsInterrupting);
            wake = uart.TakeResume() ? resume : null;
            count = BeginPump(batch);
        }

        drive |= Pump(batch, count);
        Finish(drive, wake);
        if (!accepted)
        {
            log.GuestError(Name, "byte written while the transmitter was full");
        }
    }

    // The caller holds the gate. Above 0: the caller is now the one thread that pumps.
    private int BeginPump(Span<byte> batch)
    {
        if (pumping || blocked || uart.Output.Count == 0)
        {
            return 0;
        }

        pumping = true;
        drained = false;
        return uart.Output.Peek(batch);
    }

    // Hands bytes to the backend until it is full or none are left; true when the caller must drive the interrupt.
    private bool Pump(Span<byte> batch, int count)
    {
        bool drive = false;
        while (count > 0)
        {
            int taken = backend.Write(batch[..count]);
            lock (gate)
            {
                uart.CompleteTransmit(taken);
                drive |= interrupt.Update(uart.IsInterrupting);

                // OutputDrained may have come between the backend's short answer and this lock: then it is not full.
                blocked = taken < count && !drained;
                pumping = false;
                count = BeginPump(batch);
            }
        }

        return drive;
    }

    private void Finish(bool drive, Action? wake)
    {
        if (drive)
        {
            interrupt.Drive();
        }

        wake?.Invoke();
    }
}
