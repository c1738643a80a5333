namespace Limber.VirtioConsole.Balloon;

/// <summary>Feature bits of the balloon that are offered here (VIRTIO 1.2, 5.5.3), as masks.</summary>
public static class BalloonFeatures
{
    /// <summary>The driver reports statistics.</summary>
    public const ulong Statistics = 1UL << 1;

    /// <summary>The driver takes pages back when the guest runs out of memory.</summary>
    public const ulong DeflateOnOutOfMemory = 1UL << 2;

    /// <summary>The driver reports free pages that it keeps.</summary>
    public const ulong FreePageReporting = 1UL << 5;
}
