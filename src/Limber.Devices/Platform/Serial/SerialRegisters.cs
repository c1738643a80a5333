namespace Limber.Devices.Platform.Serial;

/// <summary>
/// Bits of the 16550A's registers. Source: PC16550D data sheet (National Semiconductor, June 1995), section 8.
/// </summary>
internal static class SerialRegisters
{
    public const byte IerReceive = 0x01;
    public const byte IerTransmit = 0x02;
    public const byte IerLine = 0x04;
    public const byte IerModem = 0x08;
    public const byte IerMask = 0x0f;

    public const byte IirModem = 0x00;
    public const byte IirNone = 0x01;
    public const byte IirTransmit = 0x02;
    public const byte IirReceive = 0x04;
    public const byte IirLine = 0x06;
    public const byte IirTimeout = 0x0c;
    public const byte IirFifoEnabled = 0xc0;

    public const byte FcrEnable = 0x01;
    public const byte FcrClearReceive = 0x02;

    /// <summary>Bits 7-6 of FCR select how many bytes raise "receive data available".</summary>
    public const int FcrTriggerShift = 6;

    public const byte LcrDivisorLatch = 0x80;

    public const byte McrDtr = 0x01;
    public const byte McrRts = 0x02;
    public const byte McrOut1 = 0x04;

    /// <summary>On a PC, OUT2 opens the gate between the chip and the interrupt controller.</summary>
    public const byte McrOut2 = 0x08;
    public const byte McrLoop = 0x10;
    public const byte McrMask = 0x1f;

    public const byte LsrDataReady = 0x01;
    public const byte LsrOverrun = 0x02;
    public const byte LsrTransmitHoldingEmpty = 0x20;
    public const byte LsrTransmitterEmpty = 0x40;

    public const byte MsrDeltaCts = 0x01;
    public const byte MsrDeltaDsr = 0x02;
    public const byte MsrTrailingRi = 0x04;
    public const byte MsrDeltaDcd = 0x08;
    public const byte MsrDeltas = 0x0f;
    public const byte MsrCts = 0x10;
    public const byte MsrDsr = 0x20;
    public const byte MsrRi = 0x40;
    public const byte MsrDcd = 0x80;

    /// <summary>Bytes in each FIFO of the chip.</summary>
    public const int FifoSize = 16;

    /// <summary>9600 baud from the PC's 1.8432 MHz; the speed has no effect.</summary>
    public const byte DefaultDivisor = 12;
}
