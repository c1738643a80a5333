using System;
using System.Globalization;
using System.Text;
using Limber.Memory;

namespace Limber.Boot;

/// <summary>Puts a kernel, its initramfs and its boot information into guest memory.</summary>
public static class BootLoader
{
    private const ulong PageSize = 4096;
    private const double BytesPerMebibyte = 1 << 20;

    /// <summary>Conventional memory that the loader fills with boot information; nothing else may be there.</summary>
    public static GuestRange BootArea { get; } = GuestRange.Between(BootAreaLayout.Gdt, BootAreaLayout.End);

    /// <summary>Loads a machine that is not running. Called at start-up and again at every reset.</summary>
    /// <remarks>
    /// Guest memory must be all zero, apart from what lies in ranges that are kept out: parts of a kernel that are
    /// zero are not written. Fresh memory is; at a reset the caller discards it first
    /// (<see cref="GuestMemoryRegion.Discard"/>). When this throws, memory may be partly filled.
    /// </remarks>
    /// <exception cref="BootException">
    /// Memory is too small, the command line is too long or holds a zero character, or a file can't be read.
    /// </exception>
    /// <exception cref="ArgumentException">A range that is kept out overlaps <see cref="BootArea"/>.</exception>
    public static BootEntry Load(GuestMemory memory, LoadRequest request)
    {
        ArgumentNullException.ThrowIfNull(memory);
        ArgumentNullException.ThrowIfNull(request);
        byte[] commandLine = EncodeCommandLine(request);
        FreeMemory free = FreeMemoryFor(memory, request);
        if (!request.Kernel.TryPlace(free, out GuestRange kernel))
        {
            throw TooSmall(memory, request);
        }

        free.Remove(kernel);
        GuestRange initramfs = default;
        if (request.Initramfs is not null && !TryPlaceInitramfs(free, request, out initramfs))
        {
            throw TooSmall(memory, request);
        }

        request.Kernel.LoadInto(memory, kernel);
        request.Initramfs?.File.ReadInto(memory, initramfs.Start, 0, initramfs.Length);
        memory.Write(BootAreaLayout.CommandLine, commandLine);
        BootPlan plan = new(request, kernel, initramfs, BootAreaLayout.CommandLine);
        BootRegisters registers = request.Kernel.WriteBootInformation(memory, plan);
        return new BootEntry(request.Kernel.Protocol, registers, kernel, initramfs);
    }

    private static byte[] EncodeCommandLine(LoadRequest request)
    {
        string text = request.CommandLine;
        if (text.Contains('\0'))
        {
            throw new BootException($"kernel command line holds a zero character at position {text.IndexOf('\0')}");
        }

        int limit = request.Kernel.CommandLineLimit;
        int length = Encoding.UTF8.GetByteCount(text);
        if (length > limit)
        {
            throw new BootException(
                $"kernel command line of {length} bytes exceeds the limit of {limit} bytes of kernel '{request.Kernel.Path}'");
        }

        byte[] bytes = new byte[length + 1];
        Encoding.UTF8.GetBytes(text, bytes);
        return bytes;
    }

    private static FreeMemory FreeMemoryFor(GuestMemory memory, LoadRequest request)
    {
        FreeMemory free = FreeMemory.For(request.MemoryMap, memory);
        if (!free.Contains(BootArea))
        {
            throw new BootException($"boot information at {BootArea} is not RAM in a memory of {Mebibytes(memory.TotalSize)}");
        }

        free.Remove(BootArea);
        foreach (GuestRange range in request.KeepOut)
        {
            if (range.Overlaps(BootArea))
            {
                throw new ArgumentException($"range {range} that is kept out overlaps the boot information at {BootArea}", nameof(request));
            }

            free.Remove(range);
        }

        return free;
    }

    /// <summary>As high as the kernel allows, so that the memory around the kernel stays in one piece.</summary>
    private static bool TryPlaceInitramfs(FreeMemory free, LoadRequest request, out GuestRange place) =>
        free.TryFindHighest(
            request.Initramfs!.Length,
            PageSize,
            E820Map.HighMemoryStart,
            request.Kernel.InitramfsLimit,
            out place);

    private static BootException TooSmall(GuestMemory memory, LoadRequest request)
    {
        KernelImage kernel = request.Kernel;
        string message = $"memory of {Mebibytes(memory.TotalSize)} is too small for the kernel "
            + $"(needs {Mebibytes(kernel.MemoryNeeded)} from {kernel.PreferredAddress})";
        return new BootException(request.Initramfs is null
            ? message
            : $"{message} and the initramfs (needs {Mebibytes(request.Initramfs.Length)} below {kernel.InitramfsLimit})");
    }

    private static string Mebibytes(ulong bytes) =>
        (bytes / BytesPerMebibyte).ToString("0.##", CultureInfo.InvariantCulture) + " MiB";
}
