using System;
using System.IO;
using System.Security.Cryptography;

namespace Limber.LabTests;

/// <summary>Raw disk images of a scenario.</summary>
internal static class DiskFile
{
    /// <summary>Makes a sparse one and returns its path.</summary>
    public static string Make(LabContext context, string name, int mebibytes)
    {
        using FileStream file = File.Create(context[name]);
        file.SetLength((long)mebibytes << 20);
        return context[name];
    }

    /// <summary>SHA-256 of all of it, as <c>sha256sum</c> prints it.</summary>
    public static string Sum(string path)
    {
        using FileStream file = File.OpenRead(path);
        return Convert.ToHexStringLower(SHA256.HashData(file));
    }
}
