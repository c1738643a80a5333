using System;
using System.Buffers.Binary;
using System.Numerics;
using Limber.Memory;

namespace Limber.Boot;

/// <summary>
/// A Linux bzImage entered at its 64-bit entry: the real-mode part is left out, the rest is copied to guest memory
/// and unpacks itself there.
/// </summary>
internal sealed class BzImage : KernelImage
{
    private const int DefaultCommandLineSize = 255;

    private readonly byte[] header;
    private readonly ulong codeOffset;
    private readonly ulong codeLength;
    private readonly ulong alignment;
    private readonly bool isRelocatable;

    /// <param name="file">The open file; owned from here on.</param>
    /// <param name="sectors">The first bytes of the file up to <see cref="SetupHeader.MaximumEnd"/>, checked.</param>
    /// <param name="headerEnd">The end of the setup header in them.</param>
    private BzImage(ImageFile file, ReadOnlySpan<byte> sectors, int headerEnd)
        : base(file)
    {
        header = sectors[SetupHeader.Start..headerEnd].ToArray();
        codeOffset = CodeOffset(sectors);
        codeLength = CodeLength(sectors);
        alignment = Get32(sectors, SetupHeader.KernelAlignment);
        isRelocatable = sectors[SetupHeader.RelocatableKernel] != 0;
        PreferredAddress = new GuestAddress(Get64(sectors, SetupHeader.PreferredAddress));
        MemoryNeeded = ulong.Max(Get32(sectors, SetupHeader.InitSize), codeLength);
        InitramfsLimit = new GuestAddress(Get32(sectors, SetupHeader.InitrdMaximum) + 1UL);
        uint commandLine = Get32(sectors, SetupHeader.CommandLineSize);
        CommandLineLimit = commandLine == 0
            ? DefaultCommandLineSize
            : (int)uint.Min(commandLine, BootAreaLayout.CommandLineCapacity - 1);
    }

    public override BootProtocol Protocol => BootProtocol.Linux64;

    public override int CommandLineLimit { get; }

    public override ulong MemoryNeeded { get; }

    public override GuestAddress PreferredAddress { get; }

    public override GuestAddress InitramfsLimit { get; }

    /// <exception cref="BootException">The header asks for what can't be, or contradicts the file.</exception>
    public static BzImage Parse(ImageFile file)
    {
        if (file.Length < SetupHeader.MaximumEnd)
        {
            throw file.Bad($"bzImage is truncated: {file.Length} bytes do not hold its setup header");
        }

        Span<byte> sectors = stackalloc byte[SetupHeader.MaximumEnd];
        file.Read(0, sectors);
        CheckProtocol(file, sectors);
        int headerEnd = CheckedHeaderEnd(file, sectors);
        CheckSizes(file, sectors);
        CheckPlacement(file, sectors);
        return new BzImage(file, sectors, headerEnd);
    }

    internal override bool TryPlace(FreeMemory free, out GuestRange place)
    {
        place = new GuestRange(PreferredAddress, MemoryNeeded);
        if (free.Contains(place))
        {
            return true;
        }

        // Only upwards: a kernel that is loaded below its preferred address moves itself up to it.
        return isRelocatable
            && free.TryFindLowest(MemoryNeeded, alignment, PreferredAddress, new GuestAddress(HighestEnd), out place);
    }

    internal override void LoadInto(GuestMemory memory, GuestRange place) =>
        File.ReadInto(memory, place.Start, codeOffset, codeLength);

    internal override BootRegisters WriteBootInformation(GuestMemory memory, BootPlan plan)
    {
        BootParameters.Write(memory, plan, header);
        IdentityPageTables.Write(memory, BootAreaLayout.PageTables);
        BootRegisters registers = ProcessorModes.Long(BootAreaLayout.Gdt, BootAreaLayout.PageTables);
        ProcessorModes.WriteGdt(memory, registers);
        return registers with
        {
            Rip = (plan.Kernel.Start + SetupHeader.Entry64).Value,
            Rsi = BootAreaLayout.BootParameters.Value,
            Rsp = BootAreaLayout.StackTop.Value,
        };
    }

    private static void CheckProtocol(ImageFile file, ReadOnlySpan<byte> sectors)
    {
        ushort flag = Get16(sectors, SetupHeader.BootFlag);
        if (flag != SetupHeader.BootFlagValue)
        {
            throw file.Bad($"bzImage has boot flag 0x{flag:x4} instead of 0x{SetupHeader.BootFlagValue:x4}");
        }

        ushort version = Get16(sectors, SetupHeader.Version);
        if (version < SetupHeader.MinimumVersion)
        {
            throw file.Bad($"bzImage has boot protocol {version >> 8}.{version & 0xFF:d2}; 2.12 or later is needed");
        }

        if ((sectors[SetupHeader.LoadFlags] & SetupHeader.LoadedHigh) == 0)
        {
            throw file.Bad("is a zImage, which is loaded below 1 MiB; a bzImage is needed");
        }

        if ((Get16(sectors, SetupHeader.ExtendedLoadFlags) & SetupHeader.Kernel64) == 0)
        {
            throw file.Bad("bzImage is 32-bit only; a 64-bit kernel is needed");
        }
    }

    private static int CheckedHeaderEnd(ImageFile file, ReadOnlySpan<byte> sectors)
    {
        // The header begins with a short jump over itself, whose distance tells where it ends.
        int end = SetupHeader.Magic + sectors[SetupHeader.Jump + 1];
        return end >= SetupHeader.MinimumEnd
            ? int.Min(end, SetupHeader.MaximumEnd)
            : throw file.Bad($"bzImage has a setup header up to 0x{end:x}; protocol 2.12 needs it up to 0x{SetupHeader.MinimumEnd:x}");
    }

    private static void CheckSizes(ImageFile file, ReadOnlySpan<byte> sectors)
    {
        ulong offset = CodeOffset(sectors);
        ulong length = CodeLength(sectors);
        if (length <= SetupHeader.Entry64)
        {
            throw file.Bad($"bzImage has {length} bytes of code, which do not reach its 64-bit entry");
        }

        if (offset > file.Length || length > file.Length - offset)
        {
            throw file.Bad($"bzImage is truncated: its header tells of {offset + length} bytes, the file has {file.Length}");
        }
    }

    private static void CheckPlacement(ImageFile file, ReadOnlySpan<byte> sectors)
    {
        ulong address = Get64(sectors, SetupHeader.PreferredAddress);
        ulong needed = ulong.Max(Get32(sectors, SetupHeader.InitSize), CodeLength(sectors));
        if (address is < LowestAddress or >= HighestEnd || needed > HighestEnd - address)
        {
            throw file.Bad($"bzImage wants 0x{needed:x} bytes at 0x{address:x}, outside of 1 MiB to 4 GiB");
        }

        uint alignment = Get32(sectors, SetupHeader.KernelAlignment);
        if (sectors[SetupHeader.RelocatableKernel] != 0 && !BitOperations.IsPow2(alignment))
        {
            throw file.Bad($"bzImage has alignment 0x{alignment:x}, which is not a power of two");
        }
    }

    private static ulong CodeOffset(ReadOnlySpan<byte> sectors)
    {
        int setup = sectors[SetupHeader.SetupSectors];
        return (ulong)(((setup == 0 ? SetupHeader.DefaultSetupSectors : setup) + 1) * SetupHeader.SectorSize);
    }

    private static ulong CodeLength(ReadOnlySpan<byte> sectors) =>
        Get32(sectors, SetupHeader.SystemSize) * SetupHeader.SystemSizeUnit;

    private static ushort Get16(ReadOnlySpan<byte> bytes, int offset) =>
        BinaryPrimitives.ReadUInt16LittleEndian(bytes[offset..]);

    private static uint Get32(ReadOnlySpan<byte> bytes, int offset) =>
        BinaryPrimitives.ReadUInt32LittleEndian(bytes[offset..]);

    private static ulong Get64(ReadOnlySpan<byte> bytes, int offset) =>
        BinaryPrimitives.ReadUInt64LittleEndian(bytes[offset..]);
}
