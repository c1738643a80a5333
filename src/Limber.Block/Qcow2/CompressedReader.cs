using System;
using System.IO;
using System.IO.Compression;
using Limber.Block.Files;
using Limber.Block.Native;

namespace Limber.Block.Qcow2;

/// <summary>Unpacks compressed clusters. The last one stays unpacked, as readers mostly go on in it.</summary>
/// <remarks>
/// Thread: any; one at a time unpacks. The inflater of the class library is an object a cluster: this is the only request path
/// that allocates. Compressed clusters are never written, so an entry's value always means the same bytes.
/// </remarks>
internal sealed unsafe class CompressedReader(IImageFile file, int clusterBits) : IDisposable
{
    private readonly object gate = new();
    private AlignedBuffer? packed;
    private AlignedBuffer? unpacked;
    private ulong unpackedEntry;

    /// <summary>Copies a part of a cluster into memory.</summary>
    /// <param name="within">Offset in the unpacked cluster.</param>
    /// <returns>0, or <c>EIO</c> if the cluster can't be unpacked.</returns>
    public int Read(ulong entry, ulong within, SegmentList list, ulong skip, ulong length)
    {
        lock (gate)
        {
            int error = Unpack(entry);
            if (error == 0)
            {
                list.Scatter(skip, unpacked!.Pointer + within, length);
            }

            return error;
        }
    }

    public void Dispose()
    {
        packed?.Dispose();
        unpacked?.Dispose();
    }

    private int Unpack(ulong entry)
    {
        if (unpackedEntry == entry)
        {
            return 0;
        }

        unpackedEntry = 0;
        packed ??= new AlignedBuffer(2 << clusterBits);
        unpacked ??= new AlignedBuffer(1 << clusterBits);
        (ulong offset, int length) = Qcow2Entry.CompressedRange(entry, clusterBits);
        int error = offset > Qcow2Entry.OffsetMask ? Posix.EIO : file.Read(offset, packed.Pointer, length);
        if (error != 0)
        {
            return error;
        }

        try
        {
            // Spec: raw deflate without a zlib header; bytes behind its end do not matter.
            using UnmanagedMemoryStream source = new(packed.Pointer, length);
            using DeflateStream inflater = new(source, CompressionMode.Decompress);
            if (inflater.ReadAtLeast(unpacked.Span, unpacked.Length, throwOnEndOfStream: false) < unpacked.Length)
            {
                return Posix.EIO;
            }
        }
        catch (InvalidDataException)
        {
            return Posix.EIO;
        }

        unpackedEntry = entry;
        return 0;
    }
}
