using System;
using System.Collections.Generic;

namespace Limber.Block;

/// <summary>An open disk image or host block device, as a device presents it.</summary>
/// <remarks>Thread: any, except that queues belong to their owners. Dispose of all queues first, then of the image.</remarks>
public interface IBlockImage : IDisposable
{
    /// <summary>Bytes the guest sees, a multiple of <see cref="LogicalBlockSize"/>; changes only by <see cref="Resize"/>.</summary>
    ulong Capacity { get; }

    /// <summary>Bytes; requests are multiples of it. 512 unless direct I/O on the host needs more.</summary>
    int LogicalBlockSize { get; }

    /// <summary>Bytes the host writes at once without reading first.</summary>
    int PhysicalBlockSize { get; }

    /// <summary>Writes are refused with <c>EROFS</c>.</summary>
    bool IsReadOnly { get; }

    /// <summary>A completed write may be lost until a flush: the device should offer one. False when writes go through.</summary>
    bool HasWriteCache { get; }

    BlockLimits Limits { get; }

    /// <summary><c>raw</c> or <c>qcow2</c>, as in <c>query-block</c>.</summary>
    string Format { get; }

    /// <summary>One line for logs: format, file, how it is accessed.</summary>
    string Description { get; }

    /// <summary>What the user should be told about how the image was opened, such as a guessed format; often empty.</summary>
    IReadOnlyList<string> Warnings { get; }

    /// <summary>A queue for one submitting thread.</summary>
    /// <param name="depth">Most requests in flight, 1 to 4096.</param>
    /// <exception cref="BlockImageException">The host has no room for it.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The depth is out of range.</exception>
    IBlockQueue OpenQueue(int depth);

    /// <summary>Grows the image, or takes notice that a host block device has grown. The new part reads as zeros.</summary>
    /// <param name="bytes">A multiple of 512, not less than <see cref="Capacity"/>.</param>
    /// <exception cref="BlockImageException">The image can't have that size.</exception>
    void Resize(ulong bytes);
}
