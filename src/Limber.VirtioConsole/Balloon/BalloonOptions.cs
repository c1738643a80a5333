namespace Limber.VirtioConsole.Balloon;

/// <summary>What a balloon offers to its driver.</summary>
public sealed record BalloonOptions
{
    /// <summary>The guest may take pages back by itself before it kills processes.</summary>
    public bool DeflateOnOutOfMemory { get; init; }

    /// <summary>The guest's memory statistics.</summary>
    public bool Statistics { get; init; } = true;

    /// <summary>The guest reports free pages, whose memory goes back to the host at once.</summary>
    public bool FreePageReporting { get; init; }

    /// <summary>Size of the balloon that is wanted at first, in pages of 4 KiB.</summary>
    public uint TargetPages { get; init; }

    internal ulong Features =>
        (DeflateOnOutOfMemory ? BalloonFeatures.DeflateOnOutOfMemory : 0)
        | (Statistics ? BalloonFeatures.Statistics : 0)
        | (FreePageReporting ? BalloonFeatures.FreePageReporting : 0);
}
