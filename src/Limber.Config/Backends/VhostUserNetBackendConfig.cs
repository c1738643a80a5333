using System;

namespace Limber.Config.Backends;

/// <summary>A network back end in another process, by the vhost-user protocol. Needs shared guest memory.</summary>
public sealed record VhostUserNetBackendConfig : NetBackendConfig
{
    /// <summary>Of Cloud Hypervisor's cards, and of those that a back end connects to.</summary>
    public static readonly TimeSpan UsualRetryInterval = TimeSpan.FromSeconds(1);

    /// <summary>Unix socket.</summary>
    public required string Socket { get; init; }

    /// <summary>Listen on the socket, else connect to it.</summary>
    public bool Server { get; init; }

    /// <summary>After which time to look, again and again, for a back end that is gone; null to give it up.</summary>
    public TimeSpan? RetryInterval { get; init; }

    /// <summary>Queue pairs.</summary>
    public int QueuePairs { get; init; } = 1;
}
