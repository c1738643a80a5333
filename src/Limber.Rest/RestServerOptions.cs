using System;

namespace Limber.Rest;

/// <summary>How a <see cref="RestServer"/> presents itself and what it allows.</summary>
public sealed record RestServerOptions
{
    /// <summary><c>version</c> of <c>vmm.ping</c>.</summary>
    public string Version { get; init; } = "0.1.0";

    /// <summary><c>build_version</c> of <c>vmm.ping</c>.</summary>
    public string BuildVersion { get; init; } = "limber-0.1.0";

    /// <summary>Connections at once; further ones are closed as soon as they are accepted.</summary>
    public int MaxConnections { get; init; } = 100;

    /// <summary>How long stopping waits for replies under way before it cuts their connections.</summary>
    public TimeSpan StopTimeout { get; init; } = TimeSpan.FromSeconds(2);
}
