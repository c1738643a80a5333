using System.Collections.Immutable;
using System.Globalization;
using Limber.Config.Devices;

namespace Limber.DeviceOptions.Drivers;

/// <summary><c>vfio-pci</c>.</summary>
internal sealed class VfioDriver : DeviceDriver
{
    private const string HostDevices = "/sys/bus/pci/devices/";

    public override string Name => "vfio-pci";

    public override string Category => "Misc";

    public override bool IsVirtio => false;

    private protected override ImmutableArray<PropertySpec> Own { get; } =
        [PropertySpec.Text("host"), PropertySpec.Text("sysfsdev"), PropertySpec.Number("bootindex", "int32", -1)];

    private protected override DeviceConfig Create(DeviceReader reader)
    {
        reader.Options.Number("bootindex", -1, int.MaxValue);
        string path = reader.Options.Text("sysfsdev")
            ?? HostDevices + HostAddress(reader.Options, reader.Options.Text("host")
                ?? throw new OptionException("No provided host device: use host=DDDD:BB:DD.F or sysfsdev=PATH"));
        return path.StartsWith('/')
            ? new VfioDeviceConfig { Id = reader.Id, Bus = reader.Bus, Slot = reader.Slot, Path = path.TrimEnd('/') }
            : throw reader.Options.BadValue("sysfsdev", path);
    }

    /// <summary><c>[DOMAIN:]BUS:DEVICE.FUNCTION</c>, all hexadecimal.</summary>
    private static string HostAddress(OptionReader options, string text)
    {
        string[] parts = text.Split(':');
        string[] last = parts[^1].Split('.');
        if (parts.Length is not (2 or 3) || last.Length != 2
            || !TryHex(parts.Length == 3 ? parts[0] : "0", ushort.MaxValue, out int domain)
            || !TryHex(parts[^2], byte.MaxValue, out int bus)
            || !TryHex(last[0], 31, out int device)
            || !TryHex(last[1], 7, out int function))
        {
            throw options.BadValue("host", text);
        }

        return string.Create(CultureInfo.InvariantCulture, $"{domain:x4}:{bus:x2}:{device:x2}.{function:x1}");
    }

    private static bool TryHex(string text, int max, out int value) =>
        int.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value) && value >= 0 && value <= max;
}
