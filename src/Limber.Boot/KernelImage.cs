using System;
using System.Buffers.Binary;
using Limber.Memory;

namespace Limber.Boot;

/// <summary>
/// A kernel on the host, kept as an open file. Everything its headers say was checked when it was opened, so that
/// loading it, any number of times, fails only when the file can't be read or memory is too small.
/// </summary>
public abstract class KernelImage : IDisposable
{
    /// <summary>Where a kernel lies at the lowest: behind the legacy window.</summary>
    internal const ulong LowestAddress = 0x10_0000;

    /// <summary>Where a kernel ends at the highest: the identity map and the 32-bit entry reach no further.</summary>
    internal const ulong HighestEnd = 0x1_0000_0000;

    private protected KernelImage(ImageFile file) => File = file;

    /// <summary>The path it was opened by.</summary>
    public string Path => File.Path;

    /// <summary>How it is entered.</summary>
    public abstract BootProtocol Protocol { get; }

    /// <summary>Bytes of command line it accepts, without the terminating zero.</summary>
    public abstract int CommandLineLimit { get; }

    /// <summary>Contiguous memory it occupies until it manages memory itself, in bytes.</summary>
    public abstract ulong MemoryNeeded { get; }

    /// <summary>Where it prefers to lie.</summary>
    public abstract GuestAddress PreferredAddress { get; }

    /// <summary>The first address behind the memory in which it can use an initramfs.</summary>
    public abstract GuestAddress InitramfsLimit { get; }

    internal ImageFile File { get; }

    /// <summary>Opens a bzImage with a 64-bit entry or an ELF kernel with a PVH note.</summary>
    /// <exception cref="BootException">There is no such file, or it is none of these, or its headers contradict themselves or the file.</exception>
    public static KernelImage Open(string path)
    {
        ImageFile file = ImageFile.Open(path, "kernel");
        try
        {
            Span<byte> magic = stackalloc byte[4];
            if (file.Length >= Elf64.HeaderSize)
            {
                file.Read(0, magic);
                if (BinaryPrimitives.ReadUInt32LittleEndian(magic) == Elf64.Magic)
                {
                    return ElfKernel.Parse(file);
                }
            }

            if (file.Length >= SetupHeader.Magic + 4)
            {
                file.Read(SetupHeader.Magic, magic);
                if (BinaryPrimitives.ReadUInt32LittleEndian(magic) == SetupHeader.MagicValue)
                {
                    return BzImage.Parse(file);
                }
            }

            throw file.Bad("is neither a bzImage (no \"HdrS\" at 0x202) nor an ELF file");
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        File.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>Finds memory for the kernel.</summary>
    internal abstract bool TryPlace(FreeMemory free, out GuestRange place);

    /// <summary>Copies the kernel to the place that <see cref="TryPlace"/> found. The memory is zero before.</summary>
    internal abstract void LoadInto(GuestMemory memory, GuestRange place);

    /// <summary>Writes what the protocol hands to the kernel; returns the state in which it is entered.</summary>
    internal abstract BootRegisters WriteBootInformation(GuestMemory memory, BootPlan plan);
}
