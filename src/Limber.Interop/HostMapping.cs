using System;
using System.Runtime.InteropServices;

namespace Limber.Interop;

/// <summary>Pages of this process obtained from <c>mmap</c>; unmapped when disposed.</summary>
public sealed unsafe partial class HostMapping : SafeHandle
{
    private readonly bool shared;
    private readonly bool reserved;

    private HostMapping(nint address, ulong length, bool shared, FileDescriptor? file = null, ulong hugePageSize = 0, bool reserved = false)
        : base(Libc.MAP_FAILED, ownsHandle: true)
    {
        SetHandle(address);
        Length = length;
        this.shared = shared;
        File = file;
        HugePageSize = hugePageSize;
        this.reserved = reserved;
    }

    /// <inheritdoc/>
    public override bool IsInvalid => handle == Libc.MAP_FAILED;

    /// <summary>Bytes mapped.</summary>
    public ulong Length { get; }

    /// <summary>Address of the first byte in this process.</summary>
    public nint Address => handle;

    /// <summary>The memory file behind the pages, for other processes; null for pages that are private or of a file of somebody else.</summary>
    public FileDescriptor? File { get; }

    /// <summary>
    /// The file whose pages may turn out not to be there: one that was opened by its path and may be cut off, or huge pages that are
    /// not reserved. Null for others. Lives as long as the mapping.
    /// </summary>
    public FileBacking? Backing { get; private init; }

    /// <summary>Bytes of one of its huge pages; 0 for ordinary pages.</summary>
    public ulong HugePageSize { get; }

    /// <summary>Allocates every page now, not when it is touched.</summary>
    /// <exception cref="HostException">The host has not as many, or its kernel is older than 5.14.</exception>
    public void Populate()
    {
        if (Libc.madvise(handle, (nuint)Length, Libc.MADV_POPULATE_WRITE) != 0)
        {
            throw HostException.FromLastError($"cannot allocate {Length} bytes of memory beforehand");
        }
    }

    /// <summary>Asks for huge pages where the host has them; no effect where it does not.</summary>
    public void PreferHugePages() => _ = Libc.madvise(handle, (nuint)Length, Libc.MADV_HUGEPAGE);

    /// <summary>
    /// Takes pages from the host for a part that is going to be used: huge pages that are not reserved; others come when they are touched.
    /// </summary>
    /// <param name="offset">First byte from the start of the mapping, a multiple of the page size.</param>
    /// <param name="length">Bytes, a multiple of the page size.</param>
    /// <returns>False when the host has not as many; then it has given none.</returns>
    public bool TryCommit(ulong offset, ulong length)
    {
        RequireInside(offset, length);
        if (HugePageSize == 0 || reserved)
        {
            return true;
        }

        if (Backing!.TryReturnPages(offset, length) && Libc.madvise(handle + (nint)offset, (nuint)length, Libc.MADV_POPULATE_WRITE) == 0)
        {
            return true;
        }

        _ = TryDiscard(offset, length);
        return false;
    }

    /// <summary>Returns all pages to the host, but for reserved ones; all read as zeros afterwards.</summary>
    /// <exception cref="HostException">The host refused.</exception>
    public void Discard()
    {
        if (reserved)
        {
            // SAFETY: the whole mapping, which is writable. Were its pages given back, another process could take them, and the next
            // access here would be a bus error.
            NativeMemory.Clear((void*)handle, (nuint)Length);
            return;
        }

        if (Libc.madvise(handle, (nuint)Length, shared ? Libc.MADV_REMOVE : Libc.MADV_DONTNEED) != 0)
        {
            throw HostException.FromLastError($"cannot discard {Length} bytes of memory");
        }
    }

    /// <summary>Returns a part to the host; it reads as zeros afterwards. Allocates nothing.</summary>
    /// <param name="offset">First byte from the start of the mapping, a multiple of the page size.</param>
    /// <param name="length">Bytes, a multiple of the page size.</param>
    /// <returns>False when the host refused: pages that are locked, a file without holes; or they are reserved and stay.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The range is not inside the mapping.</exception>
    public bool TryDiscard(ulong offset, ulong length)
    {
        RequireInside(offset, length);
        return !reserved && Libc.madvise(handle + (nint)offset, (nuint)length, shared ? Libc.MADV_REMOVE : Libc.MADV_DONTNEED) == 0;
    }

    /// <summary>
    /// Puts zero pages of this process in place of the pages from an offset on, at the same addresses: for a file that was cut off,
    /// whose pages nobody can touch any more. What is mapped there by others, KVM among them, follows.
    /// </summary>
    /// <param name="offset">First byte from the start of the mapping, a multiple of the page size.</param>
    /// <returns>False when the host refused: huge pages, or no memory for the tables.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The offset is beyond the end.</exception>
    public bool TryReplaceByZeros(ulong offset)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(offset, Length);
        nint address = Libc.mmap(
            handle + (nint)offset,
            (nuint)(Length - offset),
            Libc.PROT_READ | Libc.PROT_WRITE,
            Libc.MAP_PRIVATE | Libc.MAP_ANONYMOUS | Libc.MAP_NORESERVE | Libc.MAP_FIXED,
            -1,
            0);
        return address != Libc.MAP_FAILED;
    }

    /// <summary>
    /// Returns everything to the host, whoever else maps it: nobody touches the mapping any more, and it is going to be disposed. What the
    /// host refuses goes with the last mapping.
    /// </summary>
    public void GiveUp() => _ = Libc.madvise(handle, (nuint)Length, shared ? Libc.MADV_REMOVE : Libc.MADV_DONTNEED);

    /// <inheritdoc/>
    protected override bool ReleaseHandle()
    {
        Backing?.End();
        File?.Dispose();
        return Libc.munmap(handle, (nuint)Length) == 0;
    }

    private void RequireInside(ulong offset, ulong length)
    {
        if (offset > Length || length > Length - offset)
        {
            throw new ArgumentOutOfRangeException(nameof(offset), $"range 0x{offset:x} of {length} bytes is not inside a mapping of {Length} bytes");
        }
    }
}
