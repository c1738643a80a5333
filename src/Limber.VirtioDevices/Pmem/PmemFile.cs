using System;
using System.IO;
using System.Runtime.InteropServices;
using System.Threading;
using Limber.Device.Loop;
using Limber.Interop;
using Limber.VirtioDevices.Native;
using Microsoft.Win32.SafeHandles;

namespace Limber.VirtioDevices.Pmem;

/// <summary>A file of the host, mapped whole, that the guest sees as persistent memory.</summary>
/// <remarks>Thread: <see cref="Flush"/> any, as it waits for the disk; the rest the creator's.</remarks>
public sealed class PmemFile : IDisposable
{
    /// <summary>What start and size are multiples of: guests map the range by large pages.</summary>
    public const ulong Alignment = 2UL << 20;

    private const ulong PageSize = 4096;

    private readonly FileDescriptor file;

    // Where the file's pages end in the mapping; less than its length when the file was cut off.
    private ulong backed;

    private PmemFile(string path, FileDescriptor file, HostMapping mapping, bool discardsWrites)
    {
        Path = path;
        this.file = file;
        Mapping = mapping;
        backed = mapping.Length;
        DiscardsWrites = discardsWrites;
    }

    /// <summary>For messages.</summary>
    public string Path { get; }

    /// <summary>The pages.</summary>
    public HostMapping Mapping { get; }

    /// <summary>What the guest writes never reaches the file.</summary>
    public bool DiscardsWrites { get; }

    /// <summary>Opens and maps a file.</summary>
    /// <param name="path">A regular file.</param>
    /// <param name="size">Bytes, a multiple of <see cref="Alignment"/>; null for the size of the file. A shorter file grows, unless writes are discarded.</param>
    /// <param name="discardWrites">Map privately; the file is not written.</param>
    /// <exception cref="IOException">The file can't be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">Nor may it be.</exception>
    /// <exception cref="ArgumentException">The size is not possible; the text names it.</exception>
    /// <exception cref="HostException">The host can't map it.</exception>
    public static PmemFile Open(string path, ulong? size, bool discardWrites)
    {
        ArgumentNullException.ThrowIfNull(path);
        using SafeFileHandle handle = File.OpenHandle(
            path, FileMode.Open, discardWrites ? FileAccess.Read : FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
        return Map(path, handle, size, discardWrites);
    }

    /// <summary>Makes a file without a name, which is gone with the device, and maps it.</summary>
    /// <param name="directory">Where.</param>
    /// <param name="size">Bytes, a multiple of <see cref="Alignment"/>.</param>
    /// <exception cref="IOException">The file can't be made.</exception>
    /// <exception cref="UnauthorizedAccessException">Nor may it be.</exception>
    /// <exception cref="ArgumentException">The size is not possible; the text names it.</exception>
    /// <exception cref="HostException">The host can't map it.</exception>
    public static PmemFile CreateIn(string directory, ulong size)
    {
        string path = System.IO.Path.Combine(directory, $".limber-pmem-{Guid.NewGuid():N}");
        using SafeFileHandle handle = File.OpenHandle(
            path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
        File.Delete(path);
        return Map(path, handle, size, discardWrites: false);
    }

    /// <summary>False when the file has become shorter than what is mapped, even if it has grown again since the loss was seen.</summary>
    public bool IsWhole => Volatile.Read(ref backed) == Mapping.Length && Length >= Mapping.Length;

    /// <summary>Calls when the file's size may have changed; null when the host can't tell. See <see cref="FileWatch"/> for threads.</summary>
    internal FileWatch? TryWatch(Action changed) => FileWatch.TryCreate(file, changed);

    private ulong Length => (ulong)Math.Max(Libc.lseek(file.Number, 0, Libc.SEEK_END), 0);

    /// <summary>
    /// Puts zeros in place of pages that the file no longer has. Accesses to them by this process would end it, and those by the
    /// guest stop its processor. One thread at a time, not together with <see cref="Dispose"/>.
    /// </summary>
    /// <returns>False when nothing more was lost, or the host refused.</returns>
    public bool TryReplaceLost()
    {
        ulong kept = (Length + PageSize - 1) / PageSize * PageSize;
        if (kept >= backed || !Mapping.TryReplaceByZeros(kept))
        {
            return false;
        }

        Volatile.Write(ref backed, kept);
        return true;
    }

    /// <summary>Waits until what the guest wrote is on the disk; false when the disk says it is not, or a part of the file is gone.</summary>
    public bool Flush()
    {
        if (!IsWhole)
        {
            return false;
        }

        if (DiscardsWrites)
        {
            return true;
        }

        // A shared mapping's pages are those of the file, so this writes them too; and the file's size and blocks, unlike msync.
        int result;
        do
        {
            result = HostCalls.fsync(file);
        }
        while (result != 0 && Marshal.GetLastPInvokeError() == ErrorNumber.EINTR);

        return result == 0;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Mapping.Dispose();
        file.Dispose();
    }

    private static void Enlarge(string path, SafeFileHandle handle, ulong length)
    {
        bool held = false;
        handle.DangerousAddRef(ref held);
        try
        {
            if (Libc.ftruncate((int)handle.DangerousGetHandle(), (long)Math.Min(length, long.MaxValue)) != 0)
            {
                throw HostException.FromLastError($"cannot enlarge '{path}' to {length} bytes for persistent memory");
            }
        }
        finally
        {
            handle.DangerousRelease();
        }
    }

    private static PmemFile Map(string path, SafeFileHandle handle, ulong? size, bool discardWrites)
    {
        ulong present = (ulong)RandomAccess.GetLength(handle);
        ulong length = size ?? present;
        if (length == 0 || length % Alignment != 0)
        {
            throw new ArgumentException($"{length} bytes of persistent memory in '{path}' are not a multiple of {Alignment}");
        }

        if (length > present)
        {
            if (discardWrites)
            {
                throw new ArgumentException($"persistent memory of {length} bytes without writes needs as many in '{path}', which has {present}");
            }

            Enlarge(path, handle, length);
        }

        bool held = false;
        handle.DangerousAddRef(ref held);
        try
        {
            int number = (int)handle.DangerousGetHandle();
            HostMapping mapping = discardWrites
                ? HostMapping.MapPrivate(number, length, path)
                : HostMapping.MapShared(number, length, path);
            try
            {
                return new PmemFile(path, HostCalls.Duplicate(number), mapping, discardWrites);
            }
            catch
            {
                mapping.Dispose();
                throw;
            }
        }
        finally
        {
            handle.DangerousRelease();
        }
    }
}
