using System.Collections.Immutable;
using Limber.Config.Devices;

namespace Limber.DeviceOptions.Drivers;

/// <summary><c>virtio-balloon-pci</c>.</summary>
internal sealed class BalloonDriver : DeviceDriver
{
    public override string Name => "virtio-balloon-pci";

    public override string ShortName => "virtio-balloon";

    public override string Category => "Misc";

    private protected override ImmutableArray<PropertySpec> Own { get; } =
        [PropertySpec.Switch("deflate-on-oom", false), PropertySpec.Switch("free-page-reporting", false)];

    private protected override DeviceConfig Create(DeviceReader reader) => new BalloonDeviceConfig
    {
        Id = reader.Id,
        Bus = reader.Bus,
        Slot = reader.Slot,
        DeflateOnOom = reader.Options.Boolean("deflate-on-oom") ?? false,
        FreePageReporting = reader.Options.Boolean("free-page-reporting") ?? false,
    };
}
