using System;
using System.IO;

namespace Limber.Boot.Tests;

/// <summary>A file that is gone when the test ends.</summary>
internal sealed class TemporaryFile : IDisposable
{
    public TemporaryFile(ReadOnlySpan<byte> content)
    {
        Path = System.IO.Path.Combine(System.IO.Path.GetTempPath(), "limber-boot-" + Guid.NewGuid().ToString("n"));
        File.WriteAllBytes(Path, content);
    }

    public string Path { get; }

    public void Dispose() => File.Delete(Path);
}
