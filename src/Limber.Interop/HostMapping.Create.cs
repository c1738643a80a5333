using System;
using System.Numerics;

namespace Limber.Interop;

/// <content>Where mappings come from.</content>
public sealed unsafe partial class HostMapping
{
    /// <summary>Maps private zero pages that are not backed before they are touched.</summary>
    /// <param name="length">Bytes, a multiple of the page size.</param>
    /// <param name="name">What the pages are for, for the error text.</param>
    /// <exception cref="HostException">The host has no room.</exception>
    public static HostMapping AllocatePrivate(ulong length, string name)
    {
        nint address = Libc.mmap(
            0,
            checked((nuint)length),
            Libc.PROT_READ | Libc.PROT_WRITE,
            Libc.MAP_PRIVATE | Libc.MAP_ANONYMOUS | Libc.MAP_NORESERVE,
            -1,
            0);
        return Checked(address, length, shared: false, name);
    }

    /// <summary>Maps shared zero pages of a new memory file, for back ends in other processes.</summary>
    /// <inheritdoc cref="AllocatePrivate"/>
    public static HostMapping AllocateShared(ulong length, string name) => MapNewFile(length, name, Libc.MFD_CLOEXEC | Libc.MFD_ALLOW_SEALING, 0);

    /// <summary>
    /// Maps shared zero pages of a new memory file that consists of huge pages.
    /// </summary>
    /// <param name="length">Bytes, a multiple of the page size.</param>
    /// <param name="pageSize">Bytes of a page, a power of two; null for the host's default.</param>
    /// <param name="name">What the pages are for, for the error text.</param>
    /// <param name="reserve">
    /// They are reserved here, so that none is missing later, and stay with the mapping: parts of it are never given back. Otherwise
    /// parts come by <see cref="TryCommit"/> and go by <see cref="TryDiscard"/>.
    /// </param>
    /// <exception cref="HostException">The host has not as many, or none of this size.</exception>
    public static HostMapping AllocateHuge(ulong length, ulong? pageSize, string name, bool reserve = true)
    {
        ulong size = pageSize ?? HugePages.DefaultSize;
        if (size == 0 || !BitOperations.IsPow2(size) || length % size != 0)
        {
            throw new HostException($"cannot map {length} bytes for {name} in huge pages of {size} bytes", ErrorNumber.EINVAL);
        }

        uint order = (uint)BitOperations.Log2(size) << Libc.MFD_HUGE_SHIFT;
        return MapNewFile(length, $"{name} in huge pages of {size} bytes", Libc.MFD_CLOEXEC | Libc.MFD_ALLOW_SEALING | Libc.MFD_HUGETLB | order, size, reserve);
    }

    /// <summary>Maps the first bytes of a file descriptor, shared and writable.</summary>
    /// <exception cref="HostException">The descriptor can't be mapped.</exception>
    public static HostMapping MapShared(int fd, ulong length, string name)
    {
        nint address = Libc.mmap(0, checked((nuint)length), Libc.PROT_READ | Libc.PROT_WRITE, Libc.MAP_SHARED, fd, 0);
        return Checked(address, length, shared: true, name);
    }

    /// <summary>Maps the first bytes of a file descriptor, writable without changing the file; it need only be readable.</summary>
    /// <exception cref="HostException">The descriptor can't be mapped.</exception>
    public static HostMapping MapPrivate(int fd, ulong length, string name)
    {
        nint address = Libc.mmap(0, checked((nuint)length), Libc.PROT_READ | Libc.PROT_WRITE, Libc.MAP_PRIVATE | Libc.MAP_NORESERVE, fd, 0);
        return Checked(address, length, shared: false, name);
    }

    /// <summary>Maps the first bytes of a file by its path; made when it does not exist, enlarged when it is shorter.</summary>
    /// <param name="path">A regular file.</param>
    /// <param name="length">Bytes, a multiple of the page size.</param>
    /// <param name="shared">What is written reaches the file, and other processes may map it.</param>
    /// <exception cref="HostException">The file can't be opened, enlarged or mapped.</exception>
    public static HostMapping OpenFile(string path, ulong length, bool shared)
    {
        int fd = Libc.open(path, Libc.O_RDWR | Libc.O_CREAT | Libc.O_CLOEXEC, Convert.ToInt32("600", 8));
        if (fd < 0)
        {
            throw HostException.FromLastError($"cannot open {path}");
        }

        var file = new FileDescriptor(fd);
        try
        {
            if ((ulong)Libc.lseek(fd, 0, Libc.SEEK_END) < length && Libc.ftruncate(fd, checked((long)length)) != 0)
            {
                throw HostException.FromLastError($"cannot enlarge {path} to {length} bytes");
            }

            nint address = Libc.mmap(
                0,
                checked((nuint)length),
                Libc.PROT_READ | Libc.PROT_WRITE,
                shared ? Libc.MAP_SHARED : Libc.MAP_PRIVATE | Libc.MAP_NORESERVE,
                fd,
                0);
            if (address == Libc.MAP_FAILED)
            {
                throw HostException.FromLastError($"cannot map {length} bytes for {path}");
            }

            FileBacking backing = Guard(path, file, address, length, shared);
            return new HostMapping(address, length, shared, shared ? file : null) { Backing = backing };
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    // Before there is a mapping object: its finalizer would unmap again what this has unmapped, and by then something else is there.
    private static FileBacking Guard(string path, FileDescriptor file, nint address, ulong length, bool shared)
    {
        try
        {
            return new FileBacking(path, file, address, length, shared);
        }
        catch
        {
            _ = Libc.munmap(address, (nuint)length);
            throw;
        }
    }

    private static HostMapping MapNewFile(ulong length, string name, uint flags, ulong hugePageSize, bool reserve = false)
    {
        int fd = Libc.memfd_create(name, flags);
        if (fd < 0)
        {
            throw HostException.FromLastError($"cannot create a memory file for {name}");
        }

        var file = new FileDescriptor(fd);
        try
        {
            if (Libc.ftruncate(fd, checked((long)length)) != 0)
            {
                throw HostException.FromLastError($"cannot size the memory file for {name} to {length} bytes");
            }

            // Back ends in other processes get the file, and could cut it off. A kernel that can't seal it is no reason to refuse.
            _ = Libc.fcntl(fd, Libc.F_ADD_SEALS, Libc.F_SEAL_SHRINK | Libc.F_SEAL_GROW | Libc.F_SEAL_SEAL);
            int more = hugePageSize == 0 || reserve ? 0 : Libc.MAP_NORESERVE;
            nint address = Libc.mmap(0, checked((nuint)length), Libc.PROT_READ | Libc.PROT_WRITE, Libc.MAP_SHARED | more, fd, 0);
            if (address == Libc.MAP_FAILED)
            {
                throw HostException.FromLastError($"cannot map {length} bytes for {name}");
            }

            FileBacking? backing = more == 0 ? null : Guard(name, file, address, length, shared: true);
            return new HostMapping(address, length, shared: true, file, hugePageSize, reserve) { Backing = backing };
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private static HostMapping Checked(nint address, ulong length, bool shared, string name)
    {
        if (address == Libc.MAP_FAILED)
        {
            throw HostException.FromLastError($"cannot map {length} bytes for {name}");
        }

        return new HostMapping(address, length, shared);
    }
}
