using System;
using System.IO;

namespace Limber.Chardev.Tests.Support;

/// <summary>A directory with a short path, as socket paths must be short.</summary>
internal sealed class ScratchDirectory : IDisposable
{
    private readonly DirectoryInfo directory = Directory.CreateTempSubdirectory("lc");

    public string Path => directory.FullName;

    public string File(string name) => System.IO.Path.Combine(Path, name);

    public void Dispose() => directory.Delete(recursive: true);
}
