namespace Limber.Config.Backends;

/// <summary>The host side of a device, existing by its own name before and after the device does.</summary>
public abstract record BackendConfig
{
    private protected BackendConfig() { }

    /// <summary>Name, unique among the backends of its kind.</summary>
    public required string Name { get; init; }
}
