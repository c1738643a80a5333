using System;
using System.IO;

namespace Limber.Rest.Tests.Support;

internal sealed class TemporaryDirectory : IDisposable
{
    public TemporaryDirectory() => Path = Directory.CreateTempSubdirectory("limber-rest").FullName;

    public string Path { get; }

    public string Socket => System.IO.Path.Combine(Path, "ch.sock");

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
