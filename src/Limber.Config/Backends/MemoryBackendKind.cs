namespace Limber.Config.Backends;

/// <summary>Where the pages of a memory device come from.</summary>
public enum MemoryBackendKind
{
    /// <summary>Anonymous pages (<c>memory-backend-ram</c>).</summary>
    Ram,

    /// <summary>A file (<c>memory-backend-file</c>).</summary>
    File,

    /// <summary>An anonymous memory file (<c>memory-backend-memfd</c>).</summary>
    Memfd,
}
