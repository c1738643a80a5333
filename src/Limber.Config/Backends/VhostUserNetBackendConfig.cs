namespace Limber.Config.Backends;

/// <summary>A network back end in another process, by the vhost-user protocol. Needs shared guest memory.</summary>
public sealed record VhostUserNetBackendConfig : NetBackendConfig
{
    /// <summary>Unix socket.</summary>
    public required string Socket { get; init; }

    /// <summary>Listen on the socket, else connect to it.</summary>
    public bool Server { get; init; }

    /// <summary>Queue pairs.</summary>
    public int QueuePairs { get; init; } = 1;
}
