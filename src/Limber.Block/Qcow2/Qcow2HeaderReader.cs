using System;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using Limber.Block.Files;

namespace Limber.Block.Qcow2;

/// <summary>Reads and checks the header of an image. Nothing in it is believed before it was compared with a limit.</summary>
internal static unsafe class Qcow2HeaderReader
{
    public const uint MaxL1Entries = (32 << 20) / sizeof(ulong);
    public const uint MaxRefcountTableBytes = 8 << 20;
    private const int LengthOfVersion2 = 72;
    private const int LengthOfVersion3 = 104;
    private const int MaxBackingName = 1023;
    private const ulong MaxOffset = 1UL << 56;

    /// <exception cref="BlockImageException">The image is malformed or uses what is not supported.</exception>
    public static Qcow2Header Read(IImageFile file, bool readOnly)
    {
        Span<byte> start = stackalloc byte[LengthOfVersion3 + 8];
        ReadAt(file, 0, start);
        if (U32(start, 0) != Qcow2Features.Magic)
        {
            throw Bad(file, "has no qcow2 signature");
        }

        uint version = U32(start, 4);
        uint clusterBits = U32(start, 20);
        if (version is not (2 or 3))
        {
            throw Bad(file, $"has version {version}; 2 and 3 are supported");
        }

        if (clusterBits is < 9 or > 21)
        {
            throw Bad(file, $"has clusters of 2^{clusterBits} bytes; 2^9 to 2^21 are supported");
        }

        uint headerLength = version == 2 ? LengthOfVersion2 : U32(start, 100);
        if (headerLength < (version == 2 ? LengthOfVersion2 : LengthOfVersion3) || headerLength > 1U << (int)clusterBits)
        {
            throw Bad(file, $"has a header of {headerLength} bytes; {LengthOfVersion3} to {1U << (int)clusterBits} are possible");
        }

        using AlignedBuffer cluster = new(1 << (int)clusterBits);
        ReadAt(file, 0, cluster.Span);
        Qcow2Header header = Fields(file, cluster.Span, (int)version, (int)clusterBits, (int)headerLength);
        CheckFeatures(file, cluster.Span, (int)headerLength, header, readOnly);
        CheckTables(file, cluster.Span, header);
        return header;
    }

    private static Qcow2Header Fields(IImageFile file, ReadOnlySpan<byte> cluster, int version, int clusterBits, int headerLength)
    {
        uint order = version == 2 ? 4 : U32(cluster, 96);
        if (order > 6)
        {
            throw Bad(file, $"has reference counts of 2^{order} bits; 2^0 to 2^6 are possible");
        }

        return new Qcow2Header
        {
            Version = version,
            ClusterBits = clusterBits,
            RefcountOrder = (int)order,
            Size = U64(cluster, Qcow2Features.SizeField),
            L1Entries = U32(cluster, Qcow2Features.L1SizeField),
            L1Offset = U64(cluster, Qcow2Features.L1OffsetField),
            RefcountTableOffset = U64(cluster, Qcow2Features.RefcountTableOffsetField),
            RefcountTableClusters = U32(cluster, Qcow2Features.RefcountTableClustersField),
            SnapshotCount = U32(cluster, 60),
            Incompatible = version == 2 ? 0 : U64(cluster, Qcow2Features.IncompatibleField),
            Autoclear = version == 2 ? 0 : U64(cluster, Qcow2Features.AutoclearField),
            BackingFile = BackingName(file, cluster),
            BackingFormat = FindExtension(cluster, headerLength, Qcow2Features.ExtensionBackingFormat) is { Length: > 0 } format
                ? Encoding.UTF8.GetString(format)
                : null,
        };
    }

    private static string? BackingName(IImageFile file, ReadOnlySpan<byte> cluster)
    {
        ulong offset = U64(cluster, 8);
        uint length = U32(cluster, 16);
        if (offset == 0)
        {
            return null;
        }

        if (length is 0 or > MaxBackingName || offset > (ulong)cluster.Length || length > (ulong)cluster.Length - offset)
        {
            throw Bad(file, $"has a backing file name of {length} bytes at {offset}; 1 to {MaxBackingName} in the first cluster are possible");
        }

        string name = Encoding.UTF8.GetString(cluster.Slice((int)offset, (int)length));
        return name.Contains('\0') ? throw Bad(file, "has a backing file name with a zero byte") : name;
    }

    private static void CheckFeatures(
        IImageFile file, ReadOnlySpan<byte> cluster, int headerLength, Qcow2Header header, bool readOnly)
    {
        if (U32(cluster, 32) is var encryption and not 0)
        {
            throw Bad(file, $"is encrypted (method {encryption}), which is not supported");
        }

        ulong bits = header.Incompatible;
        if ((bits & Qcow2Features.IncompatibleExternalData) != 0)
        {
            throw Bad(file, "keeps its data in an external file, which is not supported");
        }

        if ((bits & Qcow2Features.IncompatibleExtendedL2) != 0)
        {
            throw Bad(file, "has extended L2 entries (subclusters), which are not supported");
        }

        if ((bits & Qcow2Features.IncompatibleCompressionType) != 0)
        {
            int type = headerLength > LengthOfVersion3 ? cluster[LengthOfVersion3] : 0;
            throw Bad(file, type == 1 ? "is compressed with zstd; only zlib is supported" : $"has compression type {type}; only zlib is supported");
        }

        ulong unknown = bits & ~(Qcow2Features.IncompatibleDirty | Qcow2Features.IncompatibleCorrupt);
        if (unknown != 0)
        {
            int bit = int.CreateTruncating(ulong.TrailingZeroCount(unknown));
            throw Bad(file, $"uses the feature {FeatureName(cluster, headerLength, bit)}, which is not supported");
        }

        if (!readOnly && (bits & Qcow2Features.IncompatibleCorrupt) != 0)
        {
            throw Bad(file, "is marked corrupt; it can be opened read-only, and 'qemu-img check -r all' may repair it");
        }

        if (!readOnly && (bits & Qcow2Features.IncompatibleDirty) != 0)
        {
            throw Bad(file, "was not closed and its reference counts are not up to date; it can be opened read-only, and 'qemu-img check -r all' repairs it");
        }
    }

    private static void CheckTables(IImageFile file, ReadOnlySpan<byte> cluster, Qcow2Header header)
    {
        ulong mask = (ulong)header.ClusterSize - 1;
        uint needed = Qcow2Header.L1EntriesFor(header.Size, header.ClusterBits);
        if (header.L1Entries > MaxL1Entries || needed > header.L1Entries)
        {
            throw Bad(file, $"has {header.L1Entries} L1 entries for {header.Size} bytes; {needed} are needed and at most {MaxL1Entries} possible");
        }

        if ((header.L1Offset & mask) != 0 || header.L1Offset > MaxOffset || (header.L1Entries > 0 && header.L1Offset == 0))
        {
            throw Bad(file, $"has its L1 table at 0x{header.L1Offset:x}, which is not possible");
        }

        ulong bytes = (ulong)header.RefcountTableClusters << header.ClusterBits;
        if (bytes is 0 or > MaxRefcountTableBytes)
        {
            throw Bad(file, $"has a refcount table of {bytes} bytes; at most {MaxRefcountTableBytes} are possible");
        }

        if ((header.RefcountTableOffset & mask) != 0 || header.RefcountTableOffset is 0 or > MaxOffset)
        {
            throw Bad(file, $"has its refcount table at 0x{header.RefcountTableOffset:x}, which is not possible");
        }
    }

    private static string FeatureName(ReadOnlySpan<byte> cluster, int headerLength, int bit)
    {
        // 48 bytes each: type (0 is incompatible), bit, name padded with zeros.
        ReadOnlySpan<byte> names = FindExtension(cluster, headerLength, Qcow2Features.ExtensionFeatureNames);
        for (; names.Length >= 48; names = names[48..])
        {
            if (names[0] == 0 && names[1] == bit)
            {
                return $"\"{Encoding.UTF8.GetString(names[2..48]).TrimEnd('\0')}\" (incompatible bit {bit})";
            }
        }

        return $"of incompatible bit {bit}";
    }

    /// <returns>The data of a header extension; empty if there is none.</returns>
    private static ReadOnlySpan<byte> FindExtension(ReadOnlySpan<byte> cluster, int headerLength, uint wanted)
    {
        // Extensions end where the backing file's name begins, at the latest with the cluster.
        ulong name = U64(cluster, 8);
        int end = name != 0 && name < (ulong)cluster.Length ? (int)name : cluster.Length;
        int position = headerLength;
        while (position + 8 <= end)
        {
            uint type = U32(cluster, position);
            uint length = U32(cluster, position + 4);
            position += 8;
            if (type == Qcow2Features.ExtensionEnd || length > (uint)(end - position))
            {
                break;
            }

            if (type == wanted)
            {
                return cluster.Slice(position, (int)length);
            }

            position += (int)((length + 7) & ~7U);
        }

        return default;
    }

    private static void ReadAt(IImageFile file, ulong offset, Span<byte> target)
    {
        fixed (byte* pointer = target)
        {
            if (file.Read(offset, pointer, target.Length) is var error and not 0)
            {
                throw Bad(file, $"can't be read: {Marshal.GetPInvokeErrorMessage(error)}");
            }
        }
    }

    private static uint U32(ReadOnlySpan<byte> data, int offset) => BinaryPrimitives.ReadUInt32BigEndian(data[offset..]);

    private static ulong U64(ReadOnlySpan<byte> data, int offset) => BinaryPrimitives.ReadUInt64BigEndian(data[offset..]);

    private static BlockImageException Bad(IImageFile file, string what) => new($"Image '{file.Path}' {what}");
}
