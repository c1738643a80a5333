using System.Text;
using Limber.Config.Devices;

namespace Limber.CommandLine.CloudHypervisor.Devices;

/// <summary><c>--rng</c>, <c>--balloon</c>, <c>--fs</c>, <c>--pmem</c>, <c>--vsock</c> and <c>--device</c>.</summary>
internal static class OtherDeviceOptions
{
    private const int MaximumTag = 36;
    private const int MaximumQueues = 64;
    private const int MaximumQueueSize = 1024;
    private const ulong PmemUnit = 2UL << 20;
    private const ulong FirstContextId = 3;
    private const ulong LastContextId = 0xFFFF_FFFE;

    public static RngDeviceConfig Rng(string? value)
    {
        OptionParser parser = DeviceKeys.Parse($"--rng {value}", value ?? "", ["src"]);
        return new RngDeviceConfig { Id = parser.Text("id") ?? "__rng", Slot = DeviceKeys.Slot(parser), Source = parser.Text("src") ?? "/dev/urandom" };
    }

    public static BalloonDeviceConfig Balloon(string value)
    {
        string option = $"--balloon {value}";
        OptionParser parser = DeviceKeys.Parse(option, value, ["size", "deflate_on_oom", "free_page_reporting"]);
        return new BalloonDeviceConfig
        {
            Id = parser.Text("id") ?? "__balloon",
            Slot = DeviceKeys.Slot(parser),
            Size = parser.Size("size") ?? 0,
            DeflateOnOom = parser.Toggle("deflate_on_oom") ?? false,
            FreePageReporting = parser.Toggle("free_page_reporting") ?? false,
        };
    }

    public static FsDeviceConfig Fs(string value)
    {
        string option = $"--fs {value}";
        OptionParser parser = DeviceKeys.Parse(option, value, ["tag", "socket", "num_queues", "queue_size"]);
        string tag = DeviceKeys.Required(option, parser, "tag");
        if (Encoding.UTF8.GetByteCount(tag) > MaximumTag)
        {
            throw new CommandLineException($"{option}: tag has more than {MaximumTag} bytes");
        }

        return new FsDeviceConfig
        {
            Id = parser.Text("id"),
            Slot = DeviceKeys.Slot(parser),
            Tag = tag,
            Socket = DeviceKeys.Required(option, parser, "socket"),
            Queues = parser.Count("num_queues", MaximumQueues) ?? 1,
            QueueSize = QueueSizes.Check(option, parser.Count("queue_size", MaximumQueueSize) ?? 1024),
        };
    }

    public static PmemDeviceConfig Pmem(string value)
    {
        string option = $"--pmem {value}";
        OptionParser parser = DeviceKeys.Parse(option, value, ["file", "size", "discard_writes"]);
        ulong? size = parser.Size("size");
        if (size % PmemUnit != 0 && size is not null)
        {
            throw new CommandLineException($"{option}: size={parser.Text("size")} is not a multiple of 2M");
        }

        return new PmemDeviceConfig
        {
            Id = parser.Text("id"),
            Slot = DeviceKeys.Slot(parser),
            File = DeviceKeys.Required(option, parser, "file"),
            Size = size,
            DiscardWrites = parser.Toggle("discard_writes") ?? false,
        };
    }

    public static VsockDeviceConfig Vsock(string value)
    {
        string option = $"--vsock {value}";
        OptionParser parser = DeviceKeys.Parse(option, value, ["cid", "socket"]);
        return new VsockDeviceConfig
        {
            Id = parser.Text("id"),
            Slot = DeviceKeys.Slot(parser),
            ContextId = (uint)(parser.Number("cid", FirstContextId, LastContextId) ?? throw new CommandLineException($"{option}: cid is missing")),
            Socket = DeviceKeys.Required(option, parser, "socket"),
        };
    }

    public static VfioDeviceConfig Vfio(string value)
    {
        string option = $"--device {value}";
        OptionParser parser = DeviceKeys.Parse(option, value, ["path", "fd", "x_nv_gpudirect_clique", "x_exclude_mmap_bars"]);
        foreach (string key in (string[])["fd", "x_nv_gpudirect_clique", "x_exclude_mmap_bars"])
        {
            if (parser.Text(key) is string text)
            {
                throw CommandLineException.NotBuilt($"{option}: {key}={text}");
            }
        }

        return new VfioDeviceConfig { Id = parser.Text("id"), Slot = DeviceKeys.Slot(parser), Path = DeviceKeys.Required(option, parser, "path") };
    }
}
