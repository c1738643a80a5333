using System;
using Limber.Config.Backends;
using Limber.Config.Devices;

namespace Limber.DeviceOptions.Backends;

/// <summary><c>-drive</c> and HMP's <c>drive_add</c>.</summary>
public static class DriveOptions
{
    private static readonly string[] Known =
    [
        "id", "file", "if", "format", "driver", "media", "readonly", "read-only", "cache", "cache.direct", "cache.no-flush", "cache.writeback",
        "aio", "discard", "detect-zeroes", "snapshot", "werror", "rerror", "index", "bus", "unit", "auto-read-only", "file.locking", "locking",
        "l2-cache-size", "refcount-cache-size", "cache-size",
    ];

    /// <exception cref="OptionException">Missing, unknown, wrong or not built.</exception>
    public static Drive Read(OptionBag bag)
    {
        OptionReader options = new(bag);
        foreach ((string name, OptionValue value) in bag)
        {
            if (name.StartsWith(ThrottleOptions.Prefix, StringComparison.Ordinal))
            {
                continue;
            }

            if (name is "copy-on-read" or "node-name" or "serial")
            {
                throw OptionException.NotBuilt($"{name}={value}");
            }

            if (Array.IndexOf(Known, name) < 0)
            {
                throw new OptionException($"Block format '{options.Text("format") ?? "raw"}' does not support the option '{name}'");
            }
        }

        string? id = options.Text("id");
        if (id is not null && !Identifier.IsValid(id))
        {
            throw new OptionException("Parameter 'id' expects an identifier");
        }

        bool? makesDevice = Interface(options);
        RequireNoOps(options);
        if (options.Text("file") is not { Length: > 0 } file)
        {
            throw new OptionException("Parameter 'file' is missing: a drive without a medium is not built yet");
        }

        return new Drive(id, Image(options, file, ThrottleOptions.Read(bag, options)), makesDevice);
    }

    private static bool? Interface(OptionReader options)
    {
        string? kind = options.Text("if");
        switch (kind)
        {
            case null:
                return null;
            case "none":
                return false;
            case "virtio":
                return true;
            case "pflash":
                throw OptionException.NotBuilt("if=pflash", "there is no firmware; supported: none, virtio");
            case "ide" or "scsi" or "floppy" or "sd" or "mtd" or "xen":
                throw OptionException.NotBuilt($"if={kind}", "supported: none, virtio");
            default:
                throw new OptionException($"unsupported bus type '{kind}'");
        }
    }

    private static void RequireNoOps(OptionReader options)
    {
        if (options.Word("media", "disk", "cdrom") == "cdrom")
        {
            throw OptionException.NotBuilt("media=cdrom", "supported: disk");
        }

        options.RequireSwitch("snapshot", false);
        options.Word("detect-zeroes", "off", "on", "unmap");
        options.Word("werror", "report");
        options.Word("rerror", "report");
        options.Boolean("auto-read-only");
        options.Number("index", 0, int.MaxValue);
        options.Number("bus", 0, 0);
        options.Number("unit", 0, int.MaxValue);
        options.Word("locking", "auto", "on", "off");
        options.Word("file.locking", "auto", "on", "off");
        options.Size("l2-cache-size");
        options.Size("refcount-cache-size");
        options.Size("cache-size");
    }

    private static BlockImageConfig Image(OptionReader options, string file, RateLimiterConfig? limits)
    {
        (bool direct, bool noFlush, bool writeThrough) = options.Text("cache") switch
        {
            null or "writeback" => (false, false, false),
            "none" or "off" => (true, false, false),
            "writethrough" => (false, false, true),
            "directsync" => (true, false, true),
            "unsafe" => (false, true, false),
            _ => throw new OptionException($"invalid cache option: '{options.Text("cache")}' (none, writeback, writethrough, directsync, unsafe)"),
        };
        direct = options.Boolean("cache.direct") ?? direct;
        if (options.Has("read-only") && options.Has("readonly"))
        {
            throw new OptionException("'readonly' and its alias 'read-only' can't be used at the same time");
        }

        return new BlockImageConfig
        {
            Path = BlockOptionWords.Path(file),
            Format = Format(options),
            ReadOnly = options.Boolean("readonly") ?? options.Boolean("read-only") ?? false,
            Direct = direct,
            NoFlush = options.Boolean("cache.no-flush") ?? noFlush,
            WriteThrough = options.Boolean("cache.writeback") is { } writeBack ? !writeBack : writeThrough,
            Discard = BlockOptionWords.Discard(options) ?? false,
            Engine = BlockOptionWords.Engine(options, direct),
            RateLimiter = limits,
        };
    }

    private static BlockFormat Format(OptionReader options)
    {
        string? format = options.Text("format") ?? options.Text("driver");
        return format switch
        {
            null => BlockFormat.Probe,
            "raw" => BlockFormat.Raw,
            "qcow2" => BlockFormat.Qcow2,
            _ => throw new OptionException($"Unknown driver '{format}' (supported: raw, qcow2)"),
        };
    }
}
