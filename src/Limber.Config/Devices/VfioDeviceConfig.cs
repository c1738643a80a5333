namespace Limber.Config.Devices;

/// <summary>A PCI function of the host, handed to the guest.</summary>
public sealed record VfioDeviceConfig : DeviceConfig
{
    /// <inheritdoc/>
    public override string Driver => "vfio-pci";

    /// <summary>The function's directory in sysfs, such as <c>/sys/bus/pci/devices/0000:01:00.0</c>.</summary>
    public required string Path { get; init; }
}
