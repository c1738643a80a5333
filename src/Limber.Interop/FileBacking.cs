using System.Threading;

namespace Limber.Interop;

/// <summary>
/// The file behind a mapping that this process touches itself. When it is cut off, or the host has no room for a page, zeros take
/// the place of what is lost: at once where this process meets it, and all of it by <see cref="TryReplaceLost"/>.
/// </summary>
/// <remarks>Thread: any. Lock order: <see cref="gate"/> is a leaf.</remarks>
public sealed unsafe class FileBacking
{
    private const ulong OrdinaryPage = 4096;

    private readonly Lock gate = new();
    private readonly ulong pageSize;
    private readonly nint address;
    private readonly int number;

    // Where the file's pages end in the mapping; less than its length when the file was cut off.
    private ulong kept;
    private bool ended;

    /// <param name="path">For messages.</param>
    /// <param name="file">Owned from here on, unless this throws.</param>
    /// <param name="address">Where it is mapped, from its first byte.</param>
    /// <param name="length">Bytes mapped.</param>
    /// <param name="shared">The mapping is a shared one.</param>
    /// <exception cref="HostException">The host has no descriptors left, or does not allow it.</exception>
    internal FileBacking(string path, FileDescriptor file, nint address, ulong length, bool shared)
    {
        Path = path;
        File = file;
        this.address = address;
        Length = length;
        kept = length;
        long* status = stackalloc long[Libc.StatfsWords];
        pageSize = Libc.fstatfs(file, status) == 0 && status[0] == Libc.HUGETLBFS_MAGIC ? (ulong)status[1] : OrdinaryPage;
        try
        {
            number = LostPageHandler.Begin(address, length, pageSize, shared, Met);
        }
        catch
        {
            Met.Dispose();
            throw;
        }
    }

    /// <summary>For messages.</summary>
    public string Path { get; }

    /// <summary>Bytes mapped.</summary>
    public ulong Length { get; }

    /// <summary>The file.</summary>
    public FileDescriptor File { get; }

    /// <summary>Signalled when this process has met a page that the host could not provide.</summary>
    public HostEvent Met { get; } = new();

    /// <summary>Bytes from the start that are the file's.</summary>
    public ulong Kept
    {
        get
        {
            lock (gate)
            {
                return kept;
            }
        }
    }

    /// <summary>Pages that were replaced one by one, because this process touched them.</summary>
    public uint PagesMet
    {
        get
        {
            lock (gate)
            {
                return ended ? 0 : LostPageHandler.CountPages(number);
            }
        }
    }

    /// <summary>
    /// Puts zeros in place of all pages that the file no longer has, for accesses by the guest and by the kernel, which fail. What is
    /// mapped there by others, KVM among them, follows.
    /// </summary>
    /// <returns>False when nothing more was lost, or the host refused.</returns>
    public bool TryReplaceLost()
    {
        lock (gate)
        {
            if (ended)
            {
                return false;
            }

            long size = Libc.lseek(File.Number, 0, Libc.SEEK_END);
            ulong left = ((ulong)long.Max(size, 0) + pageSize - 1) / pageSize * pageSize;
            if (left >= kept || !LostPageHandler.TryReplace(number, left, kept - left))
            {
                return false;
            }

            kept = left;
            return true;
        }
    }

    /// <summary>Maps the file again where single pages were replaced, if any were: the part is going to be used.</summary>
    /// <returns>False when the host refused.</returns>
    internal bool TryReturnPages(ulong offset, ulong count)
    {
        lock (gate)
        {
            if (ended || LostPageHandler.CountPages(number) == 0)
            {
                return !ended;
            }

            nint place = address + (nint)offset;
            return Libc.mmap(
                place,
                (nuint)count,
                Libc.PROT_READ | Libc.PROT_WRITE,
                Libc.MAP_SHARED | Libc.MAP_FIXED | Libc.MAP_NORESERVE,
                File.Number,
                (long)offset) != Libc.MAP_FAILED;
        }
    }

    /// <summary>The mapping is going to be unmapped.</summary>
    internal void End()
    {
        lock (gate)
        {
            ended = true;
            LostPageHandler.End(number);
        }

        Met.Dispose();
        File.Dispose();
    }
}
