using System.Collections.Immutable;
using Limber.Config.Devices;

namespace Limber.DeviceOptions.Drivers;

/// <summary><c>pcie-root-port</c>.</summary>
internal sealed class RootPortDriver : DeviceDriver
{
    public override string Name => "pcie-root-port";

    public override string Category => "Controller/Bridge/Hub";

    public override bool IsVirtio => false;

    public override bool IsHotPluggable => false;

    private protected override ImmutableArray<PropertySpec> Own { get; } =
    [
        PropertySpec.Number("port", "uint8", 0),
        PropertySpec.Number("chassis", "uint8", 0),
        PropertySpec.Number("slot", "uint16", 0),
        PropertySpec.Switch("hotplug", true),
        PropertySpec.Switch("power_controller_present", true),
    ];

    private protected override DeviceConfig Create(DeviceReader reader)
    {
        OptionReader options = reader.Options;
        options.RequireSwitch("power_controller_present", true);
        return new RootPortConfig
        {
            Id = reader.Id,
            Bus = reader.Bus,
            Slot = reader.Slot,
            Port = (byte)(options.Number("port", 0, byte.MaxValue) ?? 0),
            Chassis = (byte)(options.Number("chassis", 0, byte.MaxValue) ?? 0),
            SlotNumber = (ushort)(options.Number("slot", 0, 0x1fff) ?? 0),
            HotPlug = options.Boolean("hotplug") ?? true,
        };
    }
}
