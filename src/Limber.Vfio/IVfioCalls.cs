using System;
using Limber.Interop;

namespace Limber.Vfio;

/// <summary>The kernel as VFIO's user needs it: everything above this seam works without a device.</summary>
/// <remarks>
/// Thread: any. Results below 0 are negated <c>errno</c> values, so that a refusal on a vCPU's thread costs no exception.
/// </remarks>
public interface IVfioCalls
{
    /// <summary>Opens a device file for reading and writing.</summary>
    /// <returns>The descriptor's number, now the caller's, or an error.</returns>
    int Open(string path);

    /// <summary>One request of <c>linux/vfio.h</c>.</summary>
    /// <param name="fd">Container, group or device.</param>
    /// <param name="request">Its number.</param>
    /// <param name="argument">A value, or the address of a structure that stays in place for the call.</param>
    int Control(FileDescriptor fd, uint request, nint argument);

    /// <summary>Reads a device's region; blocks while the device is being reset.</summary>
    /// <returns>Bytes read, or an error.</returns>
    int Read(FileDescriptor fd, ulong offset, Span<byte> data);

    /// <summary>Writes a device's region; blocks while the device is being reset.</summary>
    /// <returns>Bytes written, or an error.</returns>
    int Write(FileDescriptor fd, ulong offset, ReadOnlySpan<byte> data);

    /// <summary>Maps a part of a region into this process.</summary>
    /// <param name="fd">The device.</param>
    /// <param name="offset">Page aligned.</param>
    /// <param name="length">Bytes, a multiple of the page size.</param>
    /// <param name="writable">May be written through the mapping.</param>
    /// <returns>The address, or an error.</returns>
    nint Map(FileDescriptor fd, ulong offset, ulong length, bool writable);

    /// <summary>Takes away what <see cref="Map"/> returned.</summary>
    void Unmap(nint address, ulong length);
}
