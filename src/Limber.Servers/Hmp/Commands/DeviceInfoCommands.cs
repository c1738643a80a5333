using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using Limber.Config.Backends;
using Limber.Config.Devices;
using Limber.Control;
using Limber.Servers.Devices.Pci;

namespace Limber.Servers.Hmp.Commands;

/// <summary>Items of <c>info</c> about PCI devices and their backends.</summary>
internal static class DeviceInfoCommands
{
    private const int MebibyteShift = 20;

    public static IReadOnlyList<HmpCommand> All { get; } =
    [
        new("balloon", string.Empty, "show balloon information", HmpArgument.None, static (context, _) =>
            Print(context, $"balloon: actual={Balloon.Actual(context.Machine) >> MebibyteShift}")),
        new("block", "[device]", "show info of one block device or all block devices", HmpArgument.OptionalWord, Block),
        new("chardev", string.Empty, "show the character devices", HmpArgument.None, static (context, _) =>
        {
            foreach (ChardevState chardev in context.Services.Things.Chardevs)
            {
                Print(context, $"{chardev.Id}: filename={chardev.Description}");
            }
        }),
        new("network", string.Empty, "show the network state", HmpArgument.None, Network),
        new("pci", string.Empty, "show PCI info", HmpArgument.None, Pci),
        new("qtree", string.Empty, "show device tree", HmpArgument.None, DeviceTree.Show),
    ];

    private static void Pci(HmpContext context, string argument)
    {
        foreach (DeviceInfo device in context.Machine.Devices.GetDevices())
        {
            PciLocation at = device.Location;
            Print(context, $"  Bus {at.Bus,2}, device {at.Device,3}, function {at.Function}:");
            if (PciIdentity.Of(device.Config) is { } identity)
            {
                string name = identity.Description ?? string.Create(CultureInfo.InvariantCulture, $"Class {identity.Class:d4}");
                Print(context, $"    {name}: PCI device {identity.Vendor:x4}:{identity.Device:x4}");
            }
            else
            {
                Print(context, $"    {device.Config.Driver}");
            }

            if (device.Config is RootPortConfig)
            {
                Print(context, $"      BUS {at.Bus}.");
                foreach (byte secondary in SecondaryBuses(context, device))
                {
                    Print(context, $"      secondary bus {secondary}.");
                    Print(context, $"      subordinate bus {secondary}.");
                }
            }

            Print(context, $"      id \"{device.Id}\"");
        }
    }

    // Known only when something is behind the port.
    private static IEnumerable<byte> SecondaryBuses(HmpContext context, DeviceInfo port) =>
        context.Machine.Devices.GetDevices().Where(device => device.Bus == port.Id).Select(static device => device.Location.Bus).Take(1);

    private static void Block(HmpContext context, string wanted)
    {
        IReadOnlyList<DeviceInfo> devices = context.Machine.Devices.GetDevices();
        bool first = true;
        foreach (BackendInfo backend in context.Machine.Devices.GetBackends())
        {
            if (backend.Config is not BlockBackendConfig block || (wanted.Length > 0 && wanted != block.Name))
            {
                continue;
            }

            DeviceInfo? user = devices.FirstOrDefault(device => device.Path == backend.UserPath);
            PrintDisk(context, block.Name, block.Image, backend.Format, user, ref first);
        }

        foreach (DeviceInfo device in devices)
        {
            if (device.Config is DiskDeviceConfig { Image: { } image } && (wanted.Length == 0 || wanted == device.Id))
            {
                PrintDisk(context, device.Id ?? PeripheralPaths.BackendPath(device), image, null, device, ref first);
            }
        }

        if (first && wanted.Length > 0)
        {
            Print(context, $"Device '{wanted}' not found");
        }
    }

    private static void PrintDisk(HmpContext context, string name, BlockImageConfig image, string? format, DeviceInfo? user, ref bool first)
    {
        if (!first)
        {
            Print(context, $"");
        }

        first = false;
        string driver = format ?? (image.Format == BlockFormat.Qcow2 ? "qcow2" : "raw");
        Print(context, $"{name}: {image.Path} ({driver}{(image.ReadOnly ? ", read-only" : "")})");
        if (user is not null)
        {
            Print(context, $"    Attached to:      {PeripheralPaths.BackendPath(user)}");
        }

        string policy = image.WriteThrough ? "writethrough" : "writeback";
        Print(context, $"    Cache mode:       {policy}{(image.Direct ? ", direct" : "")}{(image.NoFlush ? ", ignore flushes" : "")}");
    }

    private static void Network(HmpContext context, string argument)
    {
        List<NetBackendConfig> idle = [.. context.Machine.Devices.GetBackends().Select(static backend => backend.Config).OfType<NetBackendConfig>()];
        foreach (DeviceInfo device in context.Machine.Devices.GetDevices())
        {
            if (device.Config is not NetDeviceConfig card)
            {
                continue;
            }

            string mac = card.MacAddress is { } address ? $",macaddr={address}" : string.Empty;
            Print(context, $"{device.Id ?? device.Path}: index=0,type=nic,model={card.Driver}{mac}");
            NetBackendConfig? backend = card.Connection ?? idle.Find(backend => backend.Name == card.Backend);
            if (backend is not null)
            {
                Print(context, $" \\ {Describe(backend)}");
                idle.Remove(backend);
            }
        }

        foreach (NetBackendConfig backend in idle)
        {
            Print(context, $"{Describe(backend)}");
        }
    }

    private static string Describe(NetBackendConfig backend) => backend switch
    {
        TapBackendConfig { Descriptors.Length: > 0 } tap =>
            $"{tap.Name}: index=0,type=tap,fd={string.Join(':', tap.Descriptors)}",
        TapBackendConfig tap =>
            $"{tap.Name}: index=0,type=tap,ifname={tap.Interface},script={tap.UpScript ?? "no"},downscript={tap.DownScript ?? "no"}",
        VhostUserNetBackendConfig user => $"{user.Name}: index=0,type=vhost-user,socket={user.Socket}",
        _ => $"{backend.Name}: index=0",
    };

    internal static void Print(HmpContext context, FormattableString text) => context.PrintLine(text.ToString(CultureInfo.InvariantCulture));
}
