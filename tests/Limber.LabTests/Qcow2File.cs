using System;
using System.Buffers.Binary;
using System.IO;

namespace Limber.LabTests;

/// <summary>Empty qcow2 images (version 3, clusters of 64 KiB), as <c>qemu-img create</c> makes them.</summary>
internal static class Qcow2File
{
    private const int Cluster = 1 << 16;
    private const int HeaderLength = 104;

    /// <summary>Makes one and returns its path.</summary>
    /// <param name="context">Where.</param>
    /// <param name="name">Name of the file.</param>
    /// <param name="mebibytes">Size that the guest sees, at most 512: one table of clusters.</param>
    public static string Make(LabContext context, string name, int mebibytes)
    {
        // Header, refcount table, refcount block, L1 table: a cluster each.
        byte[] image = new byte[4 * Cluster];
        BinaryPrimitives.WriteUInt32BigEndian(image, 0x514649fb);
        BinaryPrimitives.WriteUInt32BigEndian(image.AsSpan(4), 3);
        BinaryPrimitives.WriteUInt32BigEndian(image.AsSpan(20), 16);
        BinaryPrimitives.WriteUInt64BigEndian(image.AsSpan(24), (ulong)mebibytes << 20);
        BinaryPrimitives.WriteUInt32BigEndian(image.AsSpan(36), 1);
        BinaryPrimitives.WriteUInt64BigEndian(image.AsSpan(40), 3 * Cluster);
        BinaryPrimitives.WriteUInt64BigEndian(image.AsSpan(48), Cluster);
        BinaryPrimitives.WriteUInt32BigEndian(image.AsSpan(56), 1);
        BinaryPrimitives.WriteUInt32BigEndian(image.AsSpan(96), 4);
        BinaryPrimitives.WriteUInt32BigEndian(image.AsSpan(100), HeaderLength);
        BinaryPrimitives.WriteUInt64BigEndian(image.AsSpan(Cluster), 2 * Cluster);
        for (int i = 0; i < 4; i++)
        {
            BinaryPrimitives.WriteUInt16BigEndian(image.AsSpan((2 * Cluster) + (2 * i)), 1);
        }

        File.WriteAllBytes(context[name], image);
        return context[name];
    }
}
