using System;
using Limber.Block.Files;

namespace Limber.Block.Tests.Support;

/// <summary>A file whose operations fail, or are held up, on request.</summary>
internal sealed class FailingFile(string path) : IImageFile
{
    private readonly HostFile file = HostFile.Open(path, readOnly: false, direct: false, ignoreSync: false);

    /// <summary>0, or what writes, zeroing and discarding fail with.</summary>
    public int WriteError { get; set; }

    /// <summary>Called with the offset before each write, on the thread that writes.</summary>
    public Action<ulong>? BeforeWrite { get; set; }

    public int ReadError { get; set; }

    public int SyncError { get; set; }

    public string Path => file.Path;

    public int OffsetAlignment => file.OffsetAlignment;

    public bool IsBlockDevice => false;

    public ulong Length => file.Length;

    public int Read(ulong offset, SegmentList list, ulong skip, ulong length) =>
        ReadError != 0 ? ReadError : file.Read(offset, list, skip, length);

    public int Write(ulong offset, SegmentList list, ulong skip, ulong length)
    {
        BeforeWrite?.Invoke(offset);
        return WriteError != 0 ? WriteError : file.Write(offset, list, skip, length);
    }

    public int Sync() => SyncError != 0 ? SyncError : file.Sync();

    public int Discard(ulong offset, ulong length) => WriteError != 0 ? WriteError : file.Discard(offset, length);

    public int Zero(ulong offset, ulong length, bool mayUnmap) =>
        WriteError != 0 ? WriteError : file.Zero(offset, length, mayUnmap);

    public int SetLength(ulong bytes) => WriteError != 0 ? WriteError : file.SetLength(bytes);

    public void Dispose() => file.Dispose();
}
