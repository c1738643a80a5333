namespace Limber.Virtio;

/// <summary>What a ring says when asked for the next chain.</summary>
internal enum PopResult
{
    /// <summary>The driver has made nothing available.</summary>
    Empty,

    /// <summary>The chain is filled in.</summary>
    Taken,

    /// <summary>The driver broke the rules; the ring can't be used any more.</summary>
    Broken,
}
