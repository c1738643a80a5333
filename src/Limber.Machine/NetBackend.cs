using Limber.Config.Backends;
using Limber.VirtioDevices.Net;

namespace Limber.Machine;

/// <summary>A network backend with a name: opened by the card that uses it, and closed with the card.</summary>
internal sealed class NetBackend(NetBackendConfig config)
{
    public NetBackendConfig Config { get; } = config;

    /// <summary>Id of the card that uses it, or null.</summary>
    public string? User { get; set; }

    /// <summary>The card itself, once it is made.</summary>
    public INetCard? Card { get; set; }
}
