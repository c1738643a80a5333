using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using Limber.Config.Backends;
using Limber.DeviceOptions;
using Limber.DeviceOptions.Backends;
using Limber.Servers.Devices;
using Limber.Servers.Devices.Pci;
using Limber.Servers.Json;
using Limber.Servers.Qmp;
using Limber.Servers.Qmp.Commands;

namespace Limber.Servers.Hmp.Commands;

/// <summary>Commands that plug devices and open and close what is behind them.</summary>
internal static class DeviceCommands
{
    private const int MebibyteShift = 20;

    private static readonly PciWords Words = QemuDeviceDialect.Instance.Pci;

    public static IReadOnlyList<HmpCommand> All { get; } =
    [
        new("device_add", "driver[,prop=value][,...]", "add device, like -device on the command line", HmpArgument.OptionalWord, AddDevice)
        {
            Candidates = static context => context.Services.Devices.PluggableDrivers,
        },
        new("device_del", "device", "remove device", HmpArgument.Word, static (context, id) =>
            context.Services.Devices.Remove(id, QemuDeviceDialect.Instance))
        {
            Candidates = static context => context.Services.Devices.RemovableIds,
        },
        new("drive_add", "dummy file=file,if=none[,id=id][,prop=value][,...]", "add a drive without a device", HmpArgument.Rest, AddDrive),
        new("drive_del", "device", "remove a drive", HmpArgument.Word, static (context, id) => RemoveDrive(context, id))
        {
            Candidates = static context => Backends<BlockBackendConfig>(context),
        },
        new("netdev_add", "[tap|vhost-user],id=str[,prop=value][,...]", "add host network device", HmpArgument.Word, static (context, text) =>
            context.Services.Networks.Add(Bag(text, "type"), Words, context.Focus.Descriptors))
        {
            Candidates = static _ => ["tap", "vhost-user"],
        },
        new("netdev_del", "id", "remove host network device", HmpArgument.Word, static (context, id) => context.Services.Networks.Remove(id, Words))
        {
            Candidates = static context => Backends<NetBackendConfig>(context),
        },
        new("set_link", "name on|off", "change the link status of a network adapter", HmpArgument.Rest, SetLink),
        new("chardev-remove", "id", "remove chardev", HmpArgument.Word, static (context, id) => context.Services.Things.RemoveChardev(id))
        {
            Candidates = static context => context.Services.Things.Chardevs.Select(static chardev => chardev.Id),
        },
        new("object_add", "[qom-type=]type,id=str[,prop=value][,...]", "create QOM object", HmpArgument.Word, AddObject)
        {
            Candidates = static _ => ObjectOptions.Types,
        },
        new("object_del", "id", "destroy QOM object", HmpArgument.Word, static (context, id) => context.Services.Things.RemoveObject(id))
        {
            Candidates = static context => context.Services.Things.ObjectIds,
        },
        new("getfd", "getfd name", "receive a file descriptor via SCM rights and assign it a name", HmpArgument.Word, static (context, name) =>
            context.Focus.Descriptors.Name(name, last: false)),
        new("closefd", "closefd name", "close a file descriptor previously passed via SCM rights", HmpArgument.Word, static (context, name) =>
            context.Focus.Descriptors.Close(name)),
        new("balloon", "target", "request VM to change its memory allocation (in MB)", HmpArgument.Integer, SetBalloon),
    ];

    private static void AddDevice(HmpContext context, string text)
    {
        JsonObject members = Devices.DeviceOptions.Parse(text, out bool help);
        if (!Devices.DeviceOptions.HasValidId(members))
        {
            throw new HmpUsageException(string.Empty);
        }

        if (help)
        {
            PrintDeviceHelp(context, members);
        }
        else
        {
            context.Services.Devices.Add(members, QemuDeviceDialect.Instance, ValueSyntax.Text);
        }
    }

    /// <summary>The first word once said where on the bus the drive's device goes; it is ignored, as in QEMU.</summary>
    private static void SetLink(HmpContext context, string text)
    {
        string[] words = text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (words.Length != 2 || words[1] is not ("on" or "off"))
        {
            throw new HmpUsageException(words.Length == 0 ? "string expected" : "Invalid link status, expected 'on' or 'off'");
        }

        ConnectionCommands.SetLink(context.Machine, words[0], words[1] == "on");
    }

    private static void AddDrive(HmpContext context, string text)
    {
        int blank = text.IndexOf(' ', StringComparison.Ordinal);
        if (blank < 0)
        {
            throw new HmpUsageException("string expected");
        }

        string options = text[(blank + 1)..].Trim();
        if (options.Contains(' ', StringComparison.Ordinal))
        {
            throw new HmpUsageException("extraneous characters at the end of line");
        }

        Refusing(() =>
        {
            Drive drive = DriveOptions.Read(Bag(options, "file"));
            if (drive.MakesDevice != false)
            {
                throw new QmpException("Can't hot-add drive to type 'virtio': give if=none and add a device for it");
            }

            context.Services.Blocks.AddDrive(drive, Words);
        });
        context.PrintLine("OK");
    }

    private static void RemoveDrive(HmpContext context, string id)
    {
        if (!Backends<BlockBackendConfig>(context).Contains(id))
        {
            throw new QmpException(QmpErrorClass.DeviceNotFound, $"Device '{id}' not found");
        }

        context.Services.Blocks.Remove(id, Words);
    }

    private static void AddObject(HmpContext context, string text) =>
        Refusing(() => context.Services.Things.AddObject(ObjectOptions.Read(Bag(text, "qom-type"))));

    private static void SetBalloon(HmpContext context, string megabytes)
    {
        long target = long.Parse(megabytes, CultureInfo.InvariantCulture);
        Balloon.SetTarget(context.Machine, target > long.MaxValue >> MebibyteShift ? long.MaxValue : target << MebibyteShift);
    }

    private static void PrintDeviceHelp(HmpContext context, JsonObject members)
    {
        string type = context.Services.Cpus.TypeName;
        if (!members.TryGet("driver", out JsonValue driver))
        {
            Print(context, DriverHelp.List());
            Print(context, ["CPU devices:", $"name \"{CpuTypeNames.Generic}\"", $"name \"{type}\""]);
            return;
        }

        string name = driver.AsString();
        if (name == DimmOptions.Driver)
        {
            Print(context, DriverHelp.Properties(DimmOptions.Driver, DimmOptions.Properties));
            return;
        }

        if (DeviceCatalog.Find(name) is { } found)
        {
            Print(context, DriverHelp.Properties(found.Name, found.Properties));
            return;
        }

        context.PrintLine($"{name} options:");
        IReadOnlyList<DeviceProperty> properties = name == CpuTypeNames.Generic ? DeviceProperty.OfGenericProcessor
            : name == type ? DeviceProperty.OfProcessor
            : [];
        foreach (DeviceProperty property in properties)
        {
            string option = $"{property.Name}=<{property.TypeName}>";
            context.PrintLine(property.Default is { } value ? $"  {option,-22} -  (default: {value})" : $"  {option}");
        }
    }

    private static void Print(HmpContext context, IEnumerable<string> lines)
    {
        foreach (string line in lines)
        {
            context.PrintLine(line);
        }
    }

    private static OptionBag Bag(string text, string impliedKey) =>
        OptionBags.Of(Devices.DeviceOptions.Parse(text, out _, impliedKey), ValueSyntax.Text);

    private static void Refusing(Action action)
    {
        try
        {
            action();
        }
        catch (OptionException refusal)
        {
            throw new QmpException(QmpErrorClass.GenericError, refusal.Message, refusal);
        }
    }

    private static IEnumerable<string> Backends<T>(HmpContext context)
        where T : BackendConfig =>
        context.Machine.Devices.GetBackends().Where(static backend => backend.Config is T).Select(static backend => backend.Config.Name);
}
