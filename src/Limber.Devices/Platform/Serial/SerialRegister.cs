namespace Limber.Devices.Platform.Serial;

/// <summary>
/// The eight addresses of a 16550A; which register answers depends on the direction and on DLAB.
/// Source: PC16550D data sheet (National Semiconductor, June 1995), table II.
/// <code>
/// offset  read         write        with DLAB
/// 0       RBR          THR          DLL
/// 1       IER          IER          DLM
/// 2       IIR          FCR
/// 3       LCR          LCR
/// 4       MCR          MCR
/// 5       LSR          -
/// 6       MSR          -
/// 7       SCR          SCR
/// </code>
/// </summary>
internal enum SerialRegister
{
    /// <summary>RBR, THR or DLL.</summary>
    Data,

    /// <summary>IER or DLM.</summary>
    InterruptEnable,

    /// <summary>IIR.</summary>
    InterruptIdentification,

    /// <summary>FCR.</summary>
    FifoControl,

    /// <summary>LCR.</summary>
    LineControl,

    /// <summary>MCR.</summary>
    ModemControl,

    /// <summary>LSR; writes are for factory tests and do nothing.</summary>
    LineStatus,

    /// <summary>MSR; writes do nothing.</summary>
    ModemStatus,

    /// <summary>SCR.</summary>
    Scratch,
}
