using System.IO;

namespace Limber.Machine.Tests.Faults;

/// <summary>Files for devices.</summary>
internal static class SmallFiles
{
    private const int Cluster = 64 << 10;

    /// <summary>A file of zeros; returns its path.</summary>
    public static string MakeEmpty(string path, long size)
    {
        using FileStream file = File.Create(path);
        file.SetLength(size);
        return path;
    }

    /// <summary>An empty qcow2 image of 1 MiB: header, table and block of reference counts, level 1 table. Returns its path.</summary>
    public static string MakeQcow2(string path)
    {
        byte[] image = new byte[4 * Cluster];
        Write(0, 4, 0x514649FB);
        Write(4, 4, 2);
        Write(20, 4, 16);
        Write(24, 8, 1 << 20);
        Write(36, 4, 1);
        Write(40, 8, 3 * Cluster);
        Write(48, 8, Cluster);
        Write(56, 4, 1);
        Write(Cluster, 8, 2 * Cluster);
        for (int i = 0; i < 4; i++)
        {
            Write((2 * Cluster) + (2 * i), 2, 1);
        }

        File.WriteAllBytes(path, image);
        return path;

        void Write(int offset, int bytes, long value)
        {
            for (int i = 0; i < bytes; i++)
            {
                image[offset + i] = (byte)((value >> (8 * (bytes - 1 - i))) & 0xFF);
            }
        }
    }
}
