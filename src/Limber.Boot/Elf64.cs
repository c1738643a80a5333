namespace Limber.Boot;

/// <summary>Offsets and values of ELF-64 files, as far as kernels need them.</summary>
// Spec: System V ABI, chapters 4 and 5 (ELF header, program header, note section); AMD64 supplement for EM_X86_64.
internal static class Elf64
{
    public const uint Magic = 0x464C_457F;
    public const int HeaderSize = 64;
    public const int Class = 4;
    public const int Data = 5;
    public const int FileType = 16;
    public const int Machine = 18;
    public const int ProgramHeaderOffset = 32;
    public const int ProgramHeaderEntrySize = 54;
    public const int ProgramHeaderCount = 56;

    public const byte Class32 = 1;
    public const byte Class64 = 2;
    public const byte LittleEndian = 1;
    public const ushort Executable = 2;
    public const ushort SharedObject = 3;
    public const ushort MachineX86 = 62;

    public const int SegmentSize = 56;
    public const int SegmentType = 0;
    public const int SegmentOffset = 8;
    public const int SegmentPhysical = 24;
    public const int SegmentFileSize = 32;
    public const int SegmentMemorySize = 40;
    public const int SegmentAlignment = 48;

    public const uint Load = 1;
    public const uint Note = 4;

    public const int NoteHeaderSize = 12;
}
