using System;
using System.Collections.Generic;
using System.Linq;
using Limber.Config;
using Limber.Config.Backends;

namespace Limber.DeviceOptions.Backends;

/// <summary><c>memory-backend-ram</c>, <c>memory-backend-file</c> and <c>memory-backend-memfd</c>.</summary>
public static class MemoryBackendOptions
{
    public const string RamType = "memory-backend-ram";
    public const string FileType = "memory-backend-file";
    public const string MemfdType = "memory-backend-memfd";

    private const string HostNodes = "host-nodes";

    private static readonly string[] Common =
    [
        "qom-type", "id", "size", "share", "prealloc", "prealloc-threads", "prealloc-context", "merge", "dump", "reserve", "policy",
        "x-use-canonical-path-for-ramblock-id",
    ];

    private static readonly string[] OfFile = ["mem-path", "align", "offset", "discard-data", "pmem", "readonly", "rom"];

    private static readonly string[] OfMemfd = ["seal", "hugetlb", "hugetlbsize"];

    /// <summary>The type of a kind of backend.</summary>
    public static string TypeOf(MemoryBackendKind kind) => kind switch
    {
        MemoryBackendKind.File => FileType,
        MemoryBackendKind.Memfd => MemfdType,
        _ => RamType,
    };

    internal static MemoryBackendConfig Read(OptionReader options, string type, string id)
    {
        IEnumerable<string> own = type == FileType ? OfFile : type == MemfdType ? OfMemfd : [];
        options.RequireKnown(Common.Concat(own).Concat(options.Bag.Names.Where(IsHostNode)));
        RequireBuilt(options);
        bool share = options.Boolean("share") ?? type == MemfdType;
        MemoryBackendConfig config = new()
        {
            Name = id,
            Kind = type == FileType ? MemoryBackendKind.File : type == MemfdType ? MemoryBackendKind.Memfd : MemoryBackendKind.Ram,
            Size = options.Size("size") ?? throw OptionException.Missing("size"),
            Path = type == FileType ? options.RequiredText("mem-path") : null,
            Share = share,
            Preallocate = options.Boolean("prealloc") ?? false,
            HugePages = options.Boolean("hugetlb") ?? false,
            HugePageSize = options.Size("hugetlbsize"),
        };
        return config.Size == 0 ? throw new OptionException($"property 'size' of {type} doesn't take value '0'")
            : PageRules.FindProblem(config.Size, config.HugePages, config.HugePageSize) is { } problem ? throw new OptionException($"hugetlbsize={problem}")
            : config;
    }

    // Accepts what changes nothing that a guest or a client could notice, and says of the rest that it isn't there.
    private static void RequireBuilt(OptionReader options)
    {
        foreach (string ignored in (string[])["merge", "dump", "reserve", "x-use-canonical-path-for-ramblock-id", "seal"])
        {
            options.Boolean(ignored);
        }

        foreach (string off in (string[])["pmem", "readonly", "discard-data"])
        {
            options.RequireSwitch(off, false);
        }

        options.Word("rom", "auto", "off");
        RequireOnly(options, "policy", "default");
        RequireOnly(options, "offset", "0");
        foreach (string other in (string[])["prealloc-threads", "prealloc-context", "align"])
        {
            RequireOnly(options, other, null);
        }

        foreach ((string name, OptionValue value) in options.Bag)
        {
            if (IsHostNode(name))
            {
                throw OptionException.NotBuilt(value.Kind == OptionKind.Other ? name : $"{name}={value}");
            }
        }
    }

    private static void RequireOnly(OptionReader options, string name, string? supported)
    {
        if (options.Bag.TryGet(name, out OptionValue value) && value.ToString() != supported)
        {
            throw OptionException.NotBuilt($"{name}={value}", supported is null ? null : $"supported: {supported}");
        }
    }

    private static bool IsHostNode(string name) =>
        name == HostNodes || name.StartsWith(HostNodes + ".", StringComparison.Ordinal);
}
