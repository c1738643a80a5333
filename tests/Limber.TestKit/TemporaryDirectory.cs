using System;
using System.IO;

namespace Limber.TestKit;

/// <summary>A directory with a short path that goes away with its contents.</summary>
public sealed class TemporaryDirectory : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("lmb").FullName;

    /// <summary>A path in it.</summary>
    public string this[string name] => System.IO.Path.Combine(Path, name);

    public void Dispose()
    {
        try
        {
            Directory.Delete(Path, recursive: true);
        }
        catch (IOException)
        {
            // Somebody still writes there; the system's own cleaning takes it.
        }
    }
}
