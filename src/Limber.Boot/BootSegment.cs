namespace Limber.Boot;

/// <summary>A segment register with its hidden part; always present, of privilege level 0.</summary>
/// <param name="Selector">The visible part.</param>
/// <param name="Base">Linear address of byte 0.</param>
/// <param name="Limit">Offset of the last byte, in bytes whatever the granularity.</param>
/// <param name="Type">The four type bits of the descriptor.</param>
/// <param name="IsCodeOrData">The S bit: false for a task state segment.</param>
/// <param name="Is64Bit">The L bit: 64-bit code.</param>
/// <param name="Is32Bit">The D/B bit: 32-bit code, stack and limits.</param>
// Spec: Intel SDM volume 3A, 3.4.5 (segment descriptors).
public readonly record struct BootSegment(
    ushort Selector,
    ulong Base,
    uint Limit,
    byte Type,
    bool IsCodeOrData,
    bool Is64Bit = false,
    bool Is32Bit = false)
{
    /// <summary>The G bit: the descriptor counts its limit in pages of 4 KiB.</summary>
    public bool IsPageGranular => Limit > 0xF_FFFF;

    /// <summary>The eight bytes that describe the segment in a descriptor table; of the base, the lower 32 bits.</summary>
    public ulong Descriptor
    {
        get
        {
            ulong limit = IsPageGranular ? Limit >> 12 : Limit;
            ulong access = Type | (IsCodeOrData ? 0x10UL : 0) | 0x80;
            ulong flags = (Is64Bit ? 2UL : 0) | (Is32Bit ? 4UL : 0) | (IsPageGranular ? 8UL : 0);
            return (limit & 0xFFFF)
                | ((Base & 0xFF_FFFF) << 16)
                | (access << 40)
                | ((limit >> 16) << 48)
                | (flags << 52)
                | (((Base >> 24) & 0xFF) << 56);
        }
    }
}
