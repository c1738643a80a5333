namespace Limber.Config.Backends;

/// <summary>The host side of a network card: QEMU's <c>-netdev</c>.</summary>
public abstract record NetBackendConfig : BackendConfig
{
    private protected NetBackendConfig() { }
}
