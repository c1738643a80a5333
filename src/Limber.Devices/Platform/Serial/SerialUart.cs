using System;
using static Limber.Devices.Platform.Serial.SerialRegisters;

namespace Limber.Devices.Platform.Serial;

/// <summary>
/// The registers and queues of a 16550A; it calls nobody.
/// <code>
///              +--------------------- loopback ----------------------+
///              |                                                     v
/// guest --THR--+--> Output, 64 bytes --> backend      frontend --> Input, 1024 bytes --RBR--> guest
///                   THRE, TEMT: empty                              DR: not empty
/// </code>
/// Both queues are larger than the chip's 16 bytes. Behind Output stands a guest that gave up waiting and wrote on;
/// behind Input a host that is told how much it may send, so that nothing is lost there.
/// The line has no speed: bytes below the trigger level count as timed out at once.
/// </summary>
/// <remarks>Thread: the device's lock.</remarks>
internal sealed class SerialUart
{
    public const int OutputCapacity = 64;
    public const int InputCapacity = 1024;

    // Who stopped sending is called back when half the queue is free, not for every byte.
    private const int ResumeLevel = InputCapacity / 2;

    private byte interruptEnable;
    private byte fifoControl;
    private byte lineControl;
    private byte modemControl;
    private byte modemStatus;
    private byte scratch;
    private byte divisorLow;
    private byte divisorHigh;
    private bool overrun;
    private bool transmitPending;
    private bool stalled;

    public SerialUart() => Reset();

    public ByteRing Output { get; } = new(OutputCapacity);

    public ByteRing Input { get; } = new(InputCapacity);

    /// <summary>The level of the wire to the interrupt controller.</summary>
    public bool IsInterrupting => (modemControl & (McrOut2 | McrLoop)) == McrOut2 && Identify() != IirNone;

    private bool IsDivisorVisible => (lineControl & LcrDivisorLatch) != 0;

    private bool IsFifoEnabled => (fifoControl & FcrEnable) != 0;

    private bool IsLooped => (modemControl & McrLoop) != 0;

    /// <summary>
    /// Everything but Output: what the guest wrote before it was reset is on its way, and the wire isn't reset.
    /// </summary>
    public void Reset()
    {
        interruptEnable = 0;
        fifoControl = 0;
        lineControl = 0;
        modemControl = 0;
        modemStatus = MsrCts | MsrDsr | MsrDcd;
        scratch = 0;
        divisorLow = DefaultDivisor;
        divisorHigh = 0;
        overrun = false;
        transmitPending = false;
        Input.Drop(Input.Count);
    }

    public byte Read(SerialRegister register) => register switch
    {
        SerialRegister.Data => IsDivisorVisible ? divisorLow : ReadReceiveBuffer(),
        SerialRegister.InterruptEnable => IsDivisorVisible ? divisorHigh : interruptEnable,
        SerialRegister.InterruptIdentification => ReadInterruptIdentification(),
        SerialRegister.LineControl => lineControl,
        SerialRegister.ModemControl => modemControl,
        SerialRegister.LineStatus => ReadLineStatus(),
        SerialRegister.ModemStatus => ReadModemStatus(),
        SerialRegister.Scratch => scratch,
        _ => 0xff,
    };

    /// <summary>Writes; false when a byte to send was lost because the guest didn't wait for THRE.</summary>
    public bool Write(SerialRegister register, byte value)
    {
        switch (register)
        {
            case SerialRegister.Data when IsDivisorVisible:
                divisorLow = value;
                break;
            case SerialRegister.Data:
                return Transmit(value);
            case SerialRegister.InterruptEnable when IsDivisorVisible:
                divisorHigh = value;
                break;
            case SerialRegister.InterruptEnable:
                WriteInterruptEnable(value);
                break;
            case SerialRegister.FifoControl:
                WriteFifoControl(value);
                break;
            case SerialRegister.LineControl:
                lineControl = value;
                break;
            case SerialRegister.ModemControl:
                WriteModemControl(value);
                break;
            case SerialRegister.Scratch:
                scratch = value;
                break;
        }

        return true;
    }

    /// <summary>The backend took <paramref name="count"/> bytes of Output.</summary>
    public void CompleteTransmit(int count)
    {
        Output.Drop(count);
        transmitPending |= Output.Count == 0;
    }

    /// <summary>How much <see cref="Receive"/> takes; whoever is told 0 is called back after <see cref="TakeResume"/>.</summary>
    public int GetReceiveCapacity()
    {
        stalled |= Input.Free == 0 || IsLooped;
        return stalled ? 0 : Input.Free;
    }

    /// <summary>True once when the host may send again.</summary>
    public bool TakeResume()
    {
        if (!stalled || IsLooped || Input.Count > ResumeLevel)
        {
            return false;
        }

        stalled = false;
        return true;
    }

    /// <summary>Input from the host; bytes beyond the capacity are lost, as on a wire.</summary>
    public void Receive(ReadOnlySpan<byte> data) => overrun |= Input.Push(data) != data.Length;

    private byte Identify()
    {
        if ((interruptEnable & IerLine) != 0 && overrun)
        {
            return IirLine;
        }

        if ((interruptEnable & IerReceive) != 0 && Input.Count > 0)
        {
            return IsFifoEnabled && Input.Count < TriggerLevel() ? IirTimeout : IirReceive;
        }

        if ((interruptEnable & IerTransmit) != 0 && transmitPending)
        {
            return IirTransmit;
        }

        return (interruptEnable & IerModem) != 0 && (modemStatus & MsrDeltas) != 0 ? IirModem : IirNone;
    }

    private int TriggerLevel() => (fifoControl >> FcrTriggerShift) switch
    {
        0 => 1,
        1 => 4,
        2 => 8,
        _ => 14,
    };

    private byte ReadReceiveBuffer() => Input.TryPop(out byte value) ? value : (byte)0;

    private byte ReadInterruptIdentification()
    {
        byte identification = Identify();
        if (identification == IirTransmit)
        {
            transmitPending = false;
        }

        return IsFifoEnabled ? (byte)(identification | IirFifoEnabled) : identification;
    }

    private byte ReadLineStatus()
    {
        int status = Input.Count > 0 ? LsrDataReady : 0;
        if (overrun)
        {
            status |= LsrOverrun;
            overrun = false;
        }

        return (byte)(Output.Count == 0 ? status | LsrTransmitHoldingEmpty | LsrTransmitterEmpty : status);
    }

    private byte ReadModemStatus()
    {
        byte status = modemStatus;
        modemStatus = (byte)(status & ~MsrDeltas & 0xff);
        return status;
    }

    private bool Transmit(byte value)
    {
        if (IsLooped)
        {
            LoopBack(value);
            return true;
        }

        transmitPending = false;
        return Output.TryPush(value);
    }

    private void LoopBack(byte value)
    {
        // The chip's own depth: drivers measure it this way.
        int depth = IsFifoEnabled ? FifoSize : 1;
        if (Input.Count < depth)
        {
            Input.TryPush(value);
        }
        else
        {
            overrun = true;
        }

        transmitPending = true;
    }

    // Linux tests for chips that don't raise the transmit interrupt again when it is enabled with THR empty, and
    // starts every transmission by enabling it.
    private void WriteInterruptEnable(byte value)
    {
        bool wasEnabled = (interruptEnable & IerTransmit) != 0;
        bool isEnabled = (value & IerTransmit) != 0;
        interruptEnable = (byte)(value & IerMask);
        if (wasEnabled != isEnabled)
        {
            transmitPending = isEnabled && Output.Count == 0;
        }
    }

    // The transmit FIFO's clear bit has no effect: what is in Output counts as sent, it only waits for the host.
    private void WriteFifoControl(byte value)
    {
        bool toggled = ((value ^ fifoControl) & FcrEnable) != 0;
        if (toggled || (value & FcrClearReceive) != 0)
        {
            // No more than the chip's FIFO holds: the rest of Input is not there yet.
            Input.Drop(FifoSize);
        }

        fifoControl = (value & FcrEnable) != 0 ? value : (byte)0;
    }

    private void WriteModemControl(byte value)
    {
        modemControl = (byte)(value & McrMask);
        int lines = MsrCts | MsrDsr | MsrDcd;
        if (IsLooped)
        {
            lines = ((value & McrRts) != 0 ? MsrCts : 0)
                | ((value & McrDtr) != 0 ? MsrDsr : 0)
                | ((value & McrOut1) != 0 ? MsrRi : 0)
                | ((value & McrOut2) != 0 ? MsrDcd : 0);
        }

        int changed = lines ^ modemStatus;
        int deltas = modemStatus & MsrDeltas;
        deltas |= (changed & MsrCts) != 0 ? MsrDeltaCts : 0;
        deltas |= (changed & MsrDsr) != 0 ? MsrDeltaDsr : 0;
        deltas |= (changed & MsrDcd) != 0 ? MsrDeltaDcd : 0;
        deltas |= (changed & modemStatus & MsrRi) != 0 ? MsrTrailingRi : 0;
        modemStatus = (byte)(lines | deltas);
    }
}
