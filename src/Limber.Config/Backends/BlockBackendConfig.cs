namespace Limber.Config.Backends;

/// <summary>A disk image by name: QEMU's <c>-drive if=none</c> and <c>blockdev-add</c>.</summary>
public sealed record BlockBackendConfig : BackendConfig
{
    public required BlockImageConfig Image { get; init; }
}
