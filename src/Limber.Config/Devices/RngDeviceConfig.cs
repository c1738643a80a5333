namespace Limber.Config.Devices;

/// <summary>A virtio entropy source.</summary>
public sealed record RngDeviceConfig : DeviceConfig
{
    /// <inheritdoc/>
    public override string Driver => "virtio-rng-pci";

    /// <summary>File that entropy is read from.</summary>
    public string Source { get; init; } = "/dev/urandom";

    /// <summary>Limit of bytes in <see cref="PeriodMilliseconds"/>; null for none.</summary>
    public ulong? MaxBytes { get; init; }

    /// <summary>The period of <see cref="MaxBytes"/>.</summary>
    public uint PeriodMilliseconds { get; init; } = 65536;
}
