using System;

namespace Limber.Virtio.Rng;

/// <summary>How much a guest may take from an entropy device.</summary>
/// <param name="MaximumBytes">In each period; <see cref="long.MaxValue"/> for no limit.</param>
/// <param name="Period">At least a millisecond.</param>
public sealed record VirtioRngOptions(long MaximumBytes, TimeSpan Period)
{
    /// <summary>No limit.</summary>
    public static VirtioRngOptions Unlimited { get; } = new(long.MaxValue, TimeSpan.FromSeconds(1));
}
