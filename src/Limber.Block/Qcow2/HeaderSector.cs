using System;
using Limber.Block.Files;

namespace Limber.Block.Qcow2;

/// <summary>Changes of header fields: one write of one sector, so that a power loss leaves the old or the new value.</summary>
internal static unsafe class HeaderSector
{
    /// <summary>Replaces bytes of the header, durably before this returns.</summary>
    /// <returns>0 or an <c>errno</c>.</returns>
    public static int Change(IImageFile file, int field, ReadOnlySpan<byte> value)
    {
        using AlignedBuffer sector = new(Math.Max(512, file.OffsetAlignment));
        int error = file.Read(0, sector.Pointer, sector.Length);
        if (error != 0)
        {
            return error;
        }

        value.CopyTo(sector.Span[field..]);
        error = file.Write(0, sector.Pointer, sector.Length);
        return error != 0 ? error : file.Sync();
    }
}
