using System;
using System.Buffers.Binary;
using System.IO;

namespace Limber.Bench;

/// <summary>Disk images to measure with.</summary>
internal static class BenchImage
{
    private const int Size = 32 << 20;
    private const int Piece = 1 << 20;
    private const int Cluster = 1 << 16;

    /// <summary>Makes a raw one whose every block is there, or leaves the one that is there; returns its path.</summary>
    public static string MakeRaw(string path)
    {
        if (File.Exists(path))
        {
            return path;
        }

        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        using FileStream file = File.Create(path);
        byte[] piece = new byte[Piece];
        new Random(1).NextBytes(piece);
        for (int at = 0; at < Size; at += Piece)
        {
            file.Write(piece);
        }

        file.Flush(flushToDisk: true);
        return path;
    }

    /// <summary>
    /// Makes an empty qcow2 one (version 3, clusters of 64 KiB), as <c>qemu-img create</c> does: header, refcount table, refcount
    /// block and L1 table, a cluster each.
    /// </summary>
    public static string MakeQcow2(string path)
    {
        byte[] image = new byte[4 * Cluster];
        BinaryPrimitives.WriteUInt32BigEndian(image, 0x514649fb);
        BinaryPrimitives.WriteUInt32BigEndian(image.AsSpan(4), 3);
        BinaryPrimitives.WriteUInt32BigEndian(image.AsSpan(20), 16);
        BinaryPrimitives.WriteUInt64BigEndian(image.AsSpan(24), Size);
        BinaryPrimitives.WriteUInt32BigEndian(image.AsSpan(36), 1);
        BinaryPrimitives.WriteUInt64BigEndian(image.AsSpan(40), 3 * Cluster);
        BinaryPrimitives.WriteUInt64BigEndian(image.AsSpan(48), Cluster);
        BinaryPrimitives.WriteUInt32BigEndian(image.AsSpan(56), 1);
        BinaryPrimitives.WriteUInt32BigEndian(image.AsSpan(96), 4);
        BinaryPrimitives.WriteUInt32BigEndian(image.AsSpan(100), 104);
        BinaryPrimitives.WriteUInt64BigEndian(image.AsSpan(Cluster), 2 * Cluster);
        for (int i = 0; i < 4; i++)
        {
            BinaryPrimitives.WriteUInt16BigEndian(image.AsSpan((2 * Cluster) + (2 * i)), 1);
        }

        File.WriteAllBytes(path, image);
        return path;
    }
}
