using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using Limber.Config.Devices;
using Limber.Control;
using Limber.Servers.Devices.Pci;

namespace Limber.Servers.Hmp.Commands;

/// <summary><c>info qtree</c>: the devices that clients can name, on their buses, with what they were given.</summary>
internal static class DeviceTree
{
    private const int IndentWidth = 2;

    public static void Show(HmpContext context, string argument)
    {
        Print(context, 0, "bus: main-system-bus");
        Print(context, 1, "type System");
        Print(context, 1, "dev: q35-pcihost, id \"\"");
        ShowBus(context, PciBuses.Root, 2);
    }

    private static void ShowBus(HmpContext context, string bus, int depth)
    {
        Print(context, depth, $"bus: {PciBuses.NameOf(context.Machine.Config, bus)}");
        Print(context, depth + 1, "type PCIE");
        foreach (DeviceInfo device in context.Machine.Devices.GetDevices().Where(device => device.Bus == bus))
        {
            Print(context, depth + 1, $"dev: {device.Config.Driver}, id \"{device.Id}\"");
            foreach (string property in Properties(device))
            {
                Print(context, depth + 2, property);
            }

            // A root port is a bus by its id; ports are on the root bus only, so this ends.
            if (device is { Config: RootPortConfig, Id: { } port } && port != bus)
            {
                ShowBus(context, port, depth + 2);
            }
        }
    }

    private static IEnumerable<string> Properties(DeviceInfo device)
    {
        PciLocation at = device.Location;
        yield return Text($"addr = {at.Device:x2}.{at.Function:x1}");
        foreach ((string name, string? value) in Own(device.Config))
        {
            if (value is not null)
            {
                yield return $"{name} = {value}";
            }
        }

        if (PciIdentity.Of(device.Config) is { } identity)
        {
            string @class = identity.Description ?? Text($"Class {identity.Class:x4}");
            yield return Text($"class {@class}, addr {at.Bus:x2}:{at.Device:x2}.{at.Function:x1}, pci id {identity.Vendor:x4}:{identity.Device:x4}");
        }
    }

    private static (string Name, string? Value)[] Own(DeviceConfig config) => config switch
    {
        DiskDeviceConfig disk => [("drive", Quoted(disk.Backend)), ("serial", Quoted(disk.Serial)), ("queue-size", Number(disk.QueueSize))],
        NetDeviceConfig network => [("mac", Quoted(network.MacAddress)), ("netdev", Quoted(network.Backend))],
        RngDeviceConfig random => [("max-bytes", random.MaxBytes is { } bytes ? Text($"{bytes}") : null), ("period", Number(random.PeriodMilliseconds))],
        VsockDeviceConfig vsock => [("guest-cid", Number(vsock.ContextId)), ("socket", Quoted(vsock.Socket))],
        FsDeviceConfig fs => [("tag", Quoted(fs.Tag))],
        RootPortConfig port =>
            [("chassis", Number(port.Chassis)), ("slot", Number(port.SlotNumber)), ("hotplug", port.HotPlug ? "true" : "false"), ("port", Number(port.Port))],
        VfioDeviceConfig host => [("sysfsdev", Quoted(host.Path))],
        _ => [],
    };

    private static string? Quoted(string? text) => text is null ? null : $"\"{text}\"";

    private static string Number(long value) => Text($"{value} (0x{value:x})");

    private static string Text(System.FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private static void Print(HmpContext context, int depth, string text) => context.PrintLine(new string(' ', depth * IndentWidth) + text);
}
