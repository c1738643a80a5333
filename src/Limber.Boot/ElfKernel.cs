using System.Collections.Immutable;
using Limber.Memory;

namespace Limber.Boot;

/// <summary>An ELF kernel with a PVH note: its segments go to their physical addresses and it is entered in 32-bit mode.</summary>
internal sealed class ElfKernel : KernelImage
{
    // An ELF file does not tell how long a command line it takes; this is COMMAND_LINE_SIZE of Linux on x86.
    private const int LinuxCommandLineLimit = 2047;

    private readonly ImmutableArray<ElfSegment> segments;
    private readonly GuestRange place;
    private readonly uint entry;

    /// <param name="file">The open file; owned from here on.</param>
    /// <param name="segments">At least one; ascending, disjoint, between 1 MiB and 4 GiB.</param>
    /// <param name="entry">Lies in one of the segments.</param>
    private ElfKernel(ImageFile file, ImmutableArray<ElfSegment> segments, uint entry)
        : base(file)
    {
        this.segments = segments;
        this.entry = entry;
        place = GuestRange.Between(segments[0].Place.Start, segments[^1].Place.End);
    }

    public override BootProtocol Protocol => BootProtocol.Pvh32;

    public override int CommandLineLimit => LinuxCommandLineLimit;

    public override ulong MemoryNeeded => place.Length;

    public override GuestAddress PreferredAddress => place.Start;

    // Linux takes only the lower half of the address of a PVH module.
    public override GuestAddress InitramfsLimit => new(HighestEnd);

    /// <exception cref="BootException">The headers ask for what can't be, or contradict the file.</exception>
    public static ElfKernel Parse(ImageFile file)
    {
        ElfReader reader = new(file);
        ImmutableArray<ElfSegment> segments = reader.ReadLoadSegments();
        uint entry = reader.ReadPvhEntry();
        foreach (ElfSegment segment in segments)
        {
            if (segment.Place.Contains(new GuestAddress(entry)))
            {
                return new ElfKernel(file, segments, entry);
            }
        }

        throw file.Bad($"ELF file has its PVH entry at 0x{entry:x}, outside of its segments");
    }

    internal override bool TryPlace(FreeMemory free, out GuestRange place)
    {
        place = this.place;
        return free.Contains(place);
    }

    internal override void LoadInto(GuestMemory memory, GuestRange place)
    {
        foreach (ElfSegment segment in segments)
        {
            File.ReadInto(memory, segment.Place.Start, segment.Offset, segment.FileSize);
        }
    }

    internal override BootRegisters WriteBootInformation(GuestMemory memory, BootPlan plan)
    {
        PvhStartInfo.Write(memory, plan);
        BootRegisters registers = ProcessorModes.Protected(BootAreaLayout.Gdt);
        ProcessorModes.WriteGdt(memory, registers);
        return registers with
        {
            Rip = entry,
            Rbx = BootAreaLayout.StartInfo.Value,
            Rsp = BootAreaLayout.StackTop.Value,
        };
    }
}
