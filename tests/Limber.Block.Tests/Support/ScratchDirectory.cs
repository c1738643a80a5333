using System;
using System.IO;

namespace Limber.Block.Tests.Support;

/// <summary>A directory of a test's own.</summary>
internal sealed class ScratchDirectory : IDisposable
{
    private readonly DirectoryInfo directory = Directory.CreateTempSubdirectory("lb");

    public string Path => directory.FullName;

    public string File(string name) => System.IO.Path.Combine(Path, name);

    /// <summary>A file of seeded random bytes.</summary>
    public string RandomFile(string name, int length, int seed)
    {
        byte[] data = new byte[length];
        new Random(seed).NextBytes(data);
        string path = File(name);
        System.IO.File.WriteAllBytes(path, data);
        return path;
    }

    public void Dispose() => directory.Delete(recursive: true);
}
