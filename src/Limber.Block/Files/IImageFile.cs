using System;

namespace Limber.Block.Files;

/// <summary>The file behind an image. Calls return 0 or an <c>errno</c>; bytes past the end of the file read as zeros.</summary>
/// <remarks>
/// Thread: any number at once. Offsets and lengths of writes must be multiples of <see cref="OffsetAlignment"/>; reads and memory
/// may have any alignment. A test's own implementation stands in for a disk that fails or loses power.
/// </remarks>
internal interface IImageFile : IDisposable
{
    /// <summary>Path for messages.</summary>
    string Path { get; }

    /// <summary>Bytes; 1 unless I/O is direct.</summary>
    int OffsetAlignment { get; }

    bool IsBlockDevice { get; }

    /// <summary>Bytes in the file now; 0 if the host does not tell.</summary>
    ulong Length { get; }

    int Read(ulong offset, SegmentList list, ulong skip, ulong length);

    int Write(ulong offset, SegmentList list, ulong skip, ulong length);

    /// <summary>Waits until all completed writes are durable.</summary>
    int Sync();

    /// <summary>Gives space back. <c>EOPNOTSUPP</c> where the host can't.</summary>
    int Discard(ulong offset, ulong length);

    /// <summary>Makes a range read as zeros without transferring them. <c>EOPNOTSUPP</c> where the host can't.</summary>
    int Zero(ulong offset, ulong length, bool mayUnmap);

    int SetLength(ulong bytes);
}
