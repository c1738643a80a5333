using System;

namespace Limber.Block;

/// <summary>An image as blocking calls. Every call returns 0 or an <c>errno</c> and allocates nothing in the steady state.</summary>
/// <remarks>Thread: any number at once. Ranges were checked against <see cref="Capacity"/> by the caller.</remarks>
internal interface IBlockStore : IDisposable
{
    ulong Capacity { get; }

    /// <summary>Fills memory with the image's bytes.</summary>
    /// <param name="skip">Where in <paramref name="list"/> to start.</param>
    int Read(ulong offset, SegmentList list, ulong skip, ulong length);

    int Write(ulong offset, SegmentList list, ulong skip, ulong length);

    int Flush();

    int Discard(ulong offset, ulong length);

    int WriteZeroes(ulong offset, ulong length, bool mayUnmap);

    /// <exception cref="BlockImageException">The image can't have that size.</exception>
    void Resize(ulong bytes);
}
