namespace Limber.Boot;

/// <summary>
/// Offsets and flags of the setup header in the first sectors of a bzImage and, at the same offsets, in the
/// boot parameters.
/// </summary>
// Spec: Linux Documentation/arch/x86/boot.rst, "The Real-Mode Kernel Header", protocol 2.15.
internal static class SetupHeader
{
    public const int SetupSectors = 0x1F1;
    public const int SystemSize = 0x1F4;
    public const int VideoMode = 0x1FA;
    public const int BootFlag = 0x1FE;
    public const int Jump = 0x200;
    public const int Magic = 0x202;
    public const int Version = 0x206;
    public const int TypeOfLoader = 0x210;
    public const int LoadFlags = 0x211;
    public const int RamdiskImage = 0x218;
    public const int RamdiskSize = 0x21C;
    public const int HeapEnd = 0x224;
    public const int CommandLinePointer = 0x228;
    public const int InitrdMaximum = 0x22C;
    public const int KernelAlignment = 0x230;
    public const int RelocatableKernel = 0x234;
    public const int ExtendedLoadFlags = 0x236;
    public const int CommandLineSize = 0x238;
    public const int SetupData = 0x250;
    public const int PreferredAddress = 0x258;
    public const int InitSize = 0x260;

    /// <summary>The end of the header of protocol 2.12, behind <c>handover_offset</c>.</summary>
    public const int MinimumEnd = 0x268;

    /// <summary>Where the header ends at the latest: other boot parameters begin here.</summary>
    public const int MaximumEnd = 0x290;

    public const int Start = SetupSectors;

    public const uint MagicValue = 0x5372_6448; // "HdrS"
    public const ushort BootFlagValue = 0xAA55;
    public const ushort MinimumVersion = 0x020C;
    public const int SectorSize = 512;
    public const int DefaultSetupSectors = 4;
    public const ulong SystemSizeUnit = 16;

    /// <summary>The 64-bit entry, from the start of the protected-mode part.</summary>
    public const ulong Entry64 = 0x200;

    public const byte LoadedHigh = 0x01;
    public const byte CanUseHeap = 0x80;
    public const ushort Kernel64 = 0x0001;
    public const byte UndefinedLoader = 0xFF;
    public const ushort NormalVideoMode = 0xFFFF;

    /// <summary>The end of the real-mode heap less 0x200; the 64-bit entry ignores it, the protocol wants it set.</summary>
    public const ushort HeapEndValue = 0xFE00;
}
