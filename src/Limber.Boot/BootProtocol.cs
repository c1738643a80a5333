namespace Limber.Boot;

/// <summary>In which state the first processor is handed to the guest.</summary>
public enum BootProtocol
{
    /// <summary>The 64-bit entry of the Linux x86 boot protocol: long mode, RSI points at the boot parameters.</summary>
    Linux64,

    /// <summary>Xen PVH: 32-bit protected mode without paging, EBX points at the start info.</summary>
    Pvh32,

    /// <summary>16-bit real mode, for the built-in notice.</summary>
    RealMode,
}
