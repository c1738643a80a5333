namespace Limber.Boot;

/// <summary>
/// The registers of the first processor at its first instruction, as plain data: the hypervisor layer writes them.
/// General registers that are not named are 0.
/// </summary>
public sealed record BootRegisters
{
    /// <summary>Interrupts off, no virtual-8086 mode; bit 1 always reads as one.</summary>
    public const ulong InitialFlags = 2;

    public ulong Rip { get; init; }

    /// <summary>Linux64: guest address of the boot parameters.</summary>
    public ulong Rsi { get; init; }

    /// <summary>Pvh32: guest address of the start info.</summary>
    public ulong Rbx { get; init; }

    public ulong Rsp { get; init; }

    public ulong Rflags { get; init; } = InitialFlags;

    public ulong Cr0 { get; init; }

    public ulong Cr3 { get; init; }

    public ulong Cr4 { get; init; }

    public ulong Efer { get; init; }

    /// <summary>CS.</summary>
    public BootSegment Code { get; init; }

    /// <summary>DS, ES, FS, GS and SS.</summary>
    public BootSegment Data { get; init; }

    /// <summary>TR, which must be usable for a processor to enter protected mode under virtualisation. LDTR is unusable.</summary>
    public BootSegment Task { get; init; }

    /// <summary>Guest address of the descriptor table; 0 in real mode.</summary>
    public ulong GdtBase { get; init; }

    /// <summary>Offset of the last byte of the descriptor table.</summary>
    public ushort GdtLimit { get; init; }

    /// <summary>Offset of the last byte of the interrupt table, which begins at address 0.</summary>
    public ushort IdtLimit { get; init; }
}
