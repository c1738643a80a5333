using System.Collections.Generic;
using Limber.Device;

namespace Limber.Pci;

/// <summary>A base address register and where it answers now.</summary>
internal sealed class PciBar(PciFunction owner, int index, PciBarKind kind, ulong size, IIoDevice handler)
{
    public PciFunction Owner { get; } = owner;

    public int Index { get; } = index;

    public PciBarKind Kind { get; } = kind;

    /// <summary>Bytes or ports, a power of two.</summary>
    public ulong Size { get; } = size;

    public IIoDevice Handler { get; } = handler;

    public int Register => PciRegisters.BaseAddress0 + (4 * Index);

    public bool IsIo => Kind == PciBarKind.Io;

    public bool Is64Bit => Kind is PciBarKind.Memory64 or PciBarKind.Prefetchable64;

    public bool IsPrefetchable => Kind == PciBarKind.Prefetchable64;

    // Guarded by the decoder.
    public ulong? Wanted { get; set; }

    // Guarded by the decoder.
    public IoRange? Mapped { get; set; }

    /// <summary>Ranges it answered at before, in which an access may still be. Guarded by the decoder.</summary>
    public List<IoRange> Draining { get; } = [];

    /// <summary>What the guest programmed; 0 when it is unassigned.</summary>
    public ulong ReadAddress()
    {
        uint low = Owner.Config.GetUInt32(Register);
        if (IsIo)
        {
            return low & ~0x3u;
        }

        ulong high = Is64Bit ? Owner.Config.GetUInt32(Register + 4) : 0;
        return (high << 32) | (low & ~0xFu);
    }

    /// <summary>Programs it, as firmware would.</summary>
    public void WriteAddress(ulong address)
    {
        uint flags = Owner.Config.GetUInt32(Register) & (IsIo ? 0x3u : 0xFu);
        Owner.Config.SetUInt32(Register, unchecked((uint)address) | flags);
        if (Is64Bit)
        {
            Owner.Config.SetUInt32(Register + 4, (uint)(address >> 32));
        }
    }
}
