using System.Collections.Immutable;
using Limber.Config.Devices;

namespace Limber.DeviceOptions.Drivers;

/// <summary><c>virtio-rng-pci</c>.</summary>
internal sealed class RngDriver : DeviceDriver
{
    private const uint DefaultPeriod = 65536;

    public override string Name => "virtio-rng-pci";

    public override string ShortName => "virtio-rng";

    public override string Category => "Misc";

    private protected override ImmutableArray<PropertySpec> Own { get; } =
    [
        new("rng", "link<rng-backend>"),
        PropertySpec.Number("max-bytes", "uint64", long.MaxValue),
        PropertySpec.Number("period", "uint32", DefaultPeriod),
    ];

    private protected override DeviceConfig Create(DeviceReader reader)
    {
        OptionReader options = reader.Options;
        RngDeviceConfig device = new()
        {
            Id = reader.Id,
            Bus = reader.Bus,
            Slot = reader.Slot,
            MaxBytes = options.Number("max-bytes", 0, long.MaxValue) is { } limit and < long.MaxValue ? (ulong)limit : null,
            PeriodMilliseconds = (uint)(options.Number("period", 1, uint.MaxValue) ?? DefaultPeriod),
        };
        if (options.Text("rng") is not { } id)
        {
            return device;
        }

        return reader.References.FindObject(id) switch
        {
            NamedObject.RandomSource source => device with { Source = source.File },
            null => throw new OptionException($"Device '{id}' not found") { IsNotFound = true },
            _ => throw new OptionException($"Invalid parameter type for 'rng', expected: rng-backend"),
        };
    }
}
