using System.Collections.Immutable;
using Limber.Config.Devices;

namespace Limber.DeviceOptions.Drivers;

/// <summary><c>virtio-serial-pci</c>; its ports are given after it and join it (<see cref="ConsolePorts"/>).</summary>
internal sealed class SerialDriver : DeviceDriver
{
    public override string Name => "virtio-serial-pci";

    public override string ShortName => "virtio-serial";

    public override string Category => "Input";

    private protected override ImmutableArray<PropertySpec> Own { get; } = [PropertySpec.Number("max_ports", "uint32", ConsolePorts.MaxPorts)];

    private protected override DeviceConfig Create(DeviceReader reader)
    {
        int maximum = (int)(reader.Options.Number("max_ports", 1, ConsolePorts.MaxPorts) ?? ConsolePorts.MaxPorts);
        return new ConsoleDeviceConfig { Id = reader.Id, Bus = reader.Bus, Slot = reader.Slot, MaximumPorts = maximum };
    }
}
