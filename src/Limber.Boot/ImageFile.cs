using System;
using System.IO;
using Limber.Interop;
using Limber.Memory;
using Microsoft.Win32.SafeHandles;

namespace Limber.Boot;

/// <summary>
/// A regular file on the host that is read straight into guest memory, so that an image never occupies memory
/// of the VMM. Any thread may read; reads are positioned and share no state.
/// </summary>
internal sealed class ImageFile : IDisposable
{
    private const int OpenNonBlocking = 0x800;

    // Below the 0x7ffff000 bytes that Linux moves in one read, and an int-sized span.
    private const int LargestRead = 1 << 30;

    private readonly SafeFileHandle handle;

    private ImageFile(string path, string role, SafeFileHandle handle, ulong length)
    {
        Path = path;
        Role = role;
        this.handle = handle;
        Length = length;
    }

    public string Path { get; }

    /// <summary>What the file is for ("kernel", "initramfs"); begins every message.</summary>
    public string Role { get; }

    /// <summary>Size in bytes when the file was opened; not 0.</summary>
    public ulong Length { get; }

    /// <exception cref="BootException">There is no readable, regular, non-empty file at the path.</exception>
    public static ImageFile Open(string path, string role)
    {
        ArgumentNullException.ThrowIfNull(path);
        if (path.Length == 0 || path.Contains('\0'))
        {
            throw new BootException($"{role} path '{path.Replace('\0', '?')}' is not a file name");
        }

        if (Directory.Exists(path))
        {
            throw new BootException($"{role} '{path}' is a directory");
        }

        // Non-blocking, because opening a named pipe would otherwise wait for its writer; without effect on files.
        int fd = Libc.open(path, OpenNonBlocking | Libc.O_CLOEXEC, 0);
        if (fd < 0)
        {
            HostException error = HostException.FromLastError($"cannot open {role} '{path}'");
            throw new BootException(error.Message, error);
        }

        SafeFileHandle handle = new(fd, ownsHandle: true);
        try
        {
            return new ImageFile(path, role, handle, CheckedLength(handle, path, role));
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    /// <summary>Fills the destination from a place in the file.</summary>
    /// <exception cref="BootException">Reading failed, or the file has become shorter than it was.</exception>
    public void Read(ulong offset, Span<byte> destination)
    {
        while (!destination.IsEmpty)
        {
            int count;
            try
            {
                count = RandomAccess.Read(handle, destination, checked((long)offset));
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException or ObjectDisposedException)
            {
                throw new BootException($"cannot read {Role} '{Path}': {error.Message}", error);
            }

            if (count == 0)
            {
                throw new BootException(
                    $"{Role} '{Path}' ends at {offset} bytes; it had {Length} bytes when it was opened");
            }

            destination = destination[count..];
            offset += (ulong)count;
        }
    }

    /// <summary>Copies a part of the file to RAM that the caller has chosen within one region.</summary>
    /// <exception cref="BootException">Reading failed, or the file has become shorter than it was.</exception>
    public void ReadInto(GuestMemory memory, GuestAddress address, ulong offset, ulong length)
    {
        while (length != 0)
        {
            int count = (int)ulong.Min(length, LargestRead);
            if (!memory.TryGetSpan(address, count, out Span<byte> destination))
            {
                throw new ArgumentOutOfRangeException(nameof(address), $"guest range at {address} of {count} bytes is not RAM");
            }

            Read(offset, destination);
            address += (ulong)count;
            offset += (ulong)count;
            length -= (ulong)count;
        }
    }

    public BootException Bad(string reason) => new($"{Role} '{Path}': {reason}");

    public void Dispose() => handle.Dispose();

    private static ulong CheckedLength(SafeFileHandle handle, string path, string role)
    {
        long length;
        try
        {
            length = RandomAccess.GetLength(handle);
        }
        catch (NotSupportedException error)
        {
            throw new BootException($"{role} '{path}' is not a regular file", error);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new BootException($"cannot read {role} '{path}': {error.Message}", error);
        }

        return length > 0 ? (ulong)length : throw new BootException($"{role} '{path}' is empty");
    }
}
