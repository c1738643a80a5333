using System;
using System.Buffers.Binary;
using Limber.Memory;

namespace Limber.Boot;

/// <summary>
/// Page tables that map the first 4 GiB to themselves in pages of 2 MiB. Not of 1 GiB: the processor model that the
/// guest sees need not have them.
/// </summary>
/// <remarks>
/// <code>
/// +0x0000  PML4: entry 0 -> PDPT
/// +0x1000  PDPT: entries 0..3 -> page directories
/// +0x2000  four page directories, 512 entries each
/// </code>
/// </remarks>
// Spec: Intel SDM volume 3A, 4.5 (4-level paging).
internal static class IdentityPageTables
{
    public const int PageSize = 4096;
    public const ulong LargePageSize = 2UL << 20;

    private const int Directories = 4;
    private const int EntriesPerTable = 512;
    private const ulong PresentWritable = 0x03;
    private const ulong LargePage = 0x80;

    /// <summary>Bytes that the tables occupy.</summary>
    public const int Size = (2 + Directories) * PageSize;

    /// <summary>Writes the tables at a page-aligned address, which is then the page-table root.</summary>
    public static void Write(GuestMemory memory, GuestAddress root)
    {
        GuestAddress pointers = root + PageSize;
        GuestAddress directory = pointers + PageSize;
        memory.WriteUInt64(root, pointers.Value | PresentWritable);
        Span<byte> table = stackalloc byte[PageSize];
        ulong physical = 0;
        for (uint i = 0; i < Directories; i++)
        {
            memory.WriteUInt64(pointers + (i * 8), directory.Value | PresentWritable);
            for (int entry = 0; entry < EntriesPerTable; entry++)
            {
                BinaryPrimitives.WriteUInt64LittleEndian(table[(entry * 8)..], physical | LargePage | PresentWritable);
                physical += LargePageSize;
            }

            memory.Write(directory, table);
            directory += PageSize;
        }
    }
}
