using System.Runtime.InteropServices;
using Limber.Virtio;

namespace Limber.VirtioDevices.Fs;

/// <summary>
/// Answers to requests of the FUSE protocol (linux/fuse.h, version 7), as far as they are the same for all.
/// <code>
///   request   0 le32 len   4 le32 opcode   8 le64 unique   16 ...      answer   0 le32 len   4 le32 error   8 le64 unique
/// </code>
/// </summary>
internal static class FuseReply
{
    private const int HeaderLength = 16;

    /// <summary>Answers a request with an error, if it leaves room for an answer at all: what is forgotten is not answered.</summary>
    /// <returns>Bytes written.</returns>
    public static uint WriteError(DescriptorChain request, int error)
    {
        SegmentReader reader = request.Reader;
        SegmentWriter writer = request.Writer;
        return reader.TryRead(out Header asked) && writer.TryWrite(new Header(HeaderLength, unchecked((uint)-error), asked.Unique))
            ? (uint)HeaderLength
            : 0;
    }

    [StructLayout(LayoutKind.Sequential)]
    private readonly record struct Header(uint Length, uint Code, ulong Unique);
}
