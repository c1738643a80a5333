using System;
using System.Buffers.Binary;
using System.Collections.Immutable;
using Limber.Memory;

namespace Limber.Boot;

/// <summary>Reads and checks the headers of an ELF-64 kernel for x86-64.</summary>
internal ref struct ElfReader
{
    private const int MaximumSegments = 128;
    private const int MaximumNoteBytes = 64 * 1024;

    // Spec: Xen xen/include/public/elfnote.h: PHYS32_ENTRY, the physical address of the 32-bit entry.
    private const uint XenPhysicalEntry = 18;

    private readonly ImageFile file;
    private readonly ReadOnlySpan<byte> programHeaders;

    /// <exception cref="BootException">The file is no x86-64 program, or its program headers are not in it.</exception>
    public ElfReader(ImageFile file)
    {
        this.file = file;
        Span<byte> header = stackalloc byte[Elf64.HeaderSize];
        file.Read(0, header);
        CheckKind(file, header);
        programHeaders = ReadProgramHeaders(file, header);
    }

    /// <summary>What is to be loaded, in ascending order of address.</summary>
    /// <exception cref="BootException">A segment lies outside of the file or of the memory for kernels, or two overlap.</exception>
    public readonly ImmutableArray<ElfSegment> ReadLoadSegments()
    {
        ImmutableArray<ElfSegment>.Builder segments = ImmutableArray.CreateBuilder<ElfSegment>();
        for (int i = 0; i < programHeaders.Length / Elf64.SegmentSize; i++)
        {
            ReadOnlySpan<byte> header = Header(i);
            if (Get32(header, Elf64.SegmentType) == Elf64.Load && Get64(header, Elf64.SegmentMemorySize) != 0)
            {
                segments.Add(ReadLoadSegment(header, i));
            }
        }

        if (segments.Count == 0)
        {
            throw file.Bad("ELF file has no segment to load");
        }

        segments.Sort(static (left, right) => left.Place.Start.CompareTo(right.Place.Start));
        for (int i = 1; i < segments.Count; i++)
        {
            if (segments[i - 1].Place.End > segments[i].Place.Start)
            {
                throw file.Bad($"ELF file has overlapping segments {segments[i - 1].Place} and {segments[i].Place}");
            }
        }

        return segments.ToImmutable();
    }

    /// <summary>The 32-bit entry that the PVH note names.</summary>
    /// <exception cref="BootException">There is no such note, or a note segment lies outside of the file.</exception>
    public readonly uint ReadPvhEntry()
    {
        for (int i = 0; i < programHeaders.Length / Elf64.SegmentSize; i++)
        {
            ReadOnlySpan<byte> header = Header(i);
            if (Get32(header, Elf64.SegmentType) == Elf64.Note && TryFindPvhEntry(ReadNotes(header, i), NoteAlignment(header), out ulong entry))
            {
                return entry <= uint.MaxValue
                    ? (uint)entry
                    : throw file.Bad($"ELF file has its PVH entry at 0x{entry:x}, above 4 GiB");
            }
        }

        throw file.Bad("ELF file has no PVH note (XEN_ELFNOTE_PHYS32_ENTRY); a kernel with CONFIG_PVH is needed");
    }

    private static void CheckKind(ImageFile file, ReadOnlySpan<byte> header)
    {
        if (header[Elf64.Class] == Elf64.Class32)
        {
            throw file.Bad("ELF file is 32-bit only; a 64-bit kernel is needed");
        }

        ushort machine = Get16(header, Elf64.Machine);
        if (header[Elf64.Class] != Elf64.Class64 || header[Elf64.Data] != Elf64.LittleEndian || machine != Elf64.MachineX86)
        {
            throw file.Bad($"ELF file is not for x86-64 (class {header[Elf64.Class]}, byte order {header[Elf64.Data]}, machine {machine})");
        }

        ushort type = Get16(header, Elf64.FileType);
        if (type is not (Elf64.Executable or Elf64.SharedObject))
        {
            throw file.Bad($"ELF file has type {type}, which is not that of a program");
        }
    }

    private static byte[] ReadProgramHeaders(ImageFile file, ReadOnlySpan<byte> header)
    {
        ulong offset = Get64(header, Elf64.ProgramHeaderOffset);
        int size = Get16(header, Elf64.ProgramHeaderEntrySize);
        int count = Get16(header, Elf64.ProgramHeaderCount);
        if (size != Elf64.SegmentSize)
        {
            throw file.Bad($"ELF file has program headers of {size} bytes instead of {Elf64.SegmentSize}");
        }

        if (count is 0 or > MaximumSegments)
        {
            throw file.Bad($"ELF file has {count} program headers, outside of 1 to {MaximumSegments}");
        }

        byte[] headers = new byte[count * size];
        if (!IsInFile(file, offset, (ulong)headers.Length))
        {
            throw file.Bad($"ELF file is truncated: program headers of {headers.Length} bytes at 0x{offset:x} are outside of its {file.Length} bytes");
        }

        file.Read(offset, headers);
        return headers;
    }

    private readonly ElfSegment ReadLoadSegment(ReadOnlySpan<byte> header, int index)
    {
        ulong offset = Get64(header, Elf64.SegmentOffset);
        ulong physical = Get64(header, Elf64.SegmentPhysical);
        ulong fileSize = Get64(header, Elf64.SegmentFileSize);
        ulong memorySize = Get64(header, Elf64.SegmentMemorySize);
        if (fileSize > memorySize)
        {
            throw file.Bad($"ELF segment {index} has 0x{fileSize:x} bytes in the file, more than its 0x{memorySize:x} bytes in memory");
        }

        if (!IsInFile(file, offset, fileSize))
        {
            throw file.Bad($"ELF file is truncated: segment {index} of 0x{fileSize:x} bytes at 0x{offset:x} is outside of its {file.Length} bytes");
        }

        if (physical is < KernelImage.LowestAddress or >= KernelImage.HighestEnd || memorySize > KernelImage.HighestEnd - physical)
        {
            throw file.Bad($"ELF segment {index} wants 0x{memorySize:x} bytes at 0x{physical:x}, outside of 1 MiB to 4 GiB");
        }

        return new ElfSegment(offset, fileSize, new GuestRange(new GuestAddress(physical), memorySize));
    }

    private readonly ReadOnlySpan<byte> ReadNotes(ReadOnlySpan<byte> header, int index)
    {
        ulong offset = Get64(header, Elf64.SegmentOffset);
        ulong size = Get64(header, Elf64.SegmentFileSize);
        if (size > MaximumNoteBytes)
        {
            throw file.Bad($"ELF segment {index} has 0x{size:x} bytes of notes, more than 0x{MaximumNoteBytes:x}");
        }

        if (!IsInFile(file, offset, size))
        {
            throw file.Bad($"ELF file is truncated: segment {index} of 0x{size:x} bytes at 0x{offset:x} is outside of its {file.Length} bytes");
        }

        byte[] notes = new byte[size];
        file.Read(offset, notes);
        return notes;
    }

    /// <summary>
    /// Walks notes of the form: name size, descriptor size, type (4 bytes each), name and descriptor, each padded.
    /// Ends quietly at the first one that does not fit: what follows it can't be found.
    /// </summary>
    private static bool TryFindPvhEntry(ReadOnlySpan<byte> notes, ulong alignment, out ulong entry)
    {
        ulong position = 0;
        ulong length = (ulong)notes.Length;
        while (length - position >= Elf64.NoteHeaderSize)
        {
            ReadOnlySpan<byte> note = notes[(int)position..];
            ulong nameSize = Get32(note, 0);
            ulong descriptorSize = Get32(note, 4);
            ulong descriptor = Align(position + Elf64.NoteHeaderSize + nameSize, alignment);
            if (descriptor > length || descriptorSize > length - descriptor)
            {
                break;
            }

            if (Get32(note, 8) == XenPhysicalEntry && note.Slice(Elf64.NoteHeaderSize, (int)nameSize).SequenceEqual("Xen\0"u8))
            {
                ReadOnlySpan<byte> value = notes.Slice((int)descriptor, (int)descriptorSize);
                entry = value.Length >= 8 ? Get64(value, 0) : value.Length >= 4 ? Get32(value, 0) : 0;
                return value.Length >= 4;
            }

            position = ulong.Min(Align(descriptor + descriptorSize, alignment), length);
        }

        entry = 0;
        return false;
    }

    private static ulong NoteAlignment(ReadOnlySpan<byte> header) => Get64(header, Elf64.SegmentAlignment) == 8 ? 8UL : 4UL;

    private static ulong Align(ulong value, ulong alignment) => (value + alignment - 1) & ~(alignment - 1);

    private static bool IsInFile(ImageFile file, ulong offset, ulong length) =>
        offset <= file.Length && length <= file.Length - offset;

    private readonly ReadOnlySpan<byte> Header(int index) => programHeaders.Slice(index * Elf64.SegmentSize, Elf64.SegmentSize);

    private static ushort Get16(ReadOnlySpan<byte> bytes, int offset) =>
        BinaryPrimitives.ReadUInt16LittleEndian(bytes[offset..]);

    private static uint Get32(ReadOnlySpan<byte> bytes, int offset) =>
        BinaryPrimitives.ReadUInt32LittleEndian(bytes[offset..]);

    private static ulong Get64(ReadOnlySpan<byte> bytes, int offset) =>
        BinaryPrimitives.ReadUInt64LittleEndian(bytes[offset..]);
}
