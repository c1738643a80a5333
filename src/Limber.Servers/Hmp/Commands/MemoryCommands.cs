using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using Limber.Config.Backends;
using Limber.Control;
using Limber.Servers.Devices;
using Limber.Servers.Devices.Memory;
using Limber.Servers.Json;
using Limber.Servers.Qom;

namespace Limber.Servers.Hmp.Commands;

/// <summary>Items of <c>info</c> about memory, and the commands that read and change properties of objects.</summary>
internal static class MemoryCommands
{
    /// <summary>Items of <c>info</c>.</summary>
    public static IReadOnlyList<HmpCommand> Information { get; } =
    [
        new("memdev", string.Empty, "show memory backends", HmpArgument.None, Memdevs),
        new("memory-devices", string.Empty, "show memory devices", HmpArgument.None, Devices),
        new("memory_size_summary", string.Empty, "show the amount of initially allocated and present hotpluggable (if enabled) memory in bytes.", HmpArgument.None, Summary),
    ];

    /// <summary>Commands.</summary>
    public static IReadOnlyList<HmpCommand> All { get; } =
    [
        new("qom-get", "path property", "print QOM property", HmpArgument.Rest, Get),
        new("qom-list", "path", "list QOM properties", HmpArgument.OptionalWord, List),
        new("qom-set", "path property value", "set QOM property.", HmpArgument.Rest, Set),
    ];

    private static void Devices(HmpContext context, string argument)
    {
        foreach (MemoryDeviceInfo device in context.Machine.Memory.GetMemoryDevices())
        {
            bool isDimm = device.Kind == MemoryDeviceKind.Dimm;
            Print(context, $"Memory device [{(isDimm ? "dimm" : "virtio-mem")}]: \"{device.Id}\"");
            if (isDimm)
            {
                PrintDimm(context, device);
            }
            else
            {
                PrintVirtioMem(context, device);
            }
        }
    }

    private static void PrintDimm(HmpContext context, MemoryDeviceInfo device)
    {
        Print(context, $"  addr: 0x{device.Address:x}");
        Print(context, $"  slot: {device.Slot}");
        Print(context, $"  node: {device.Node}");
        Print(context, $"  size: {device.Size}");
        Print(context, $"  memdev: {MemdevPaths.Of(device)}");
        Print(context, $"  hotplugged: {Word(device.IsHotplugged)}");
        Print(context, $"  hotpluggable: true");
    }

    private static void PrintVirtioMem(HmpContext context, MemoryDeviceInfo device)
    {
        Print(context, $"  memaddr: 0x{device.Address:x}");
        Print(context, $"  node: {device.Node}");
        Print(context, $"  requested-size: {device.RequestedSize}");
        Print(context, $"  size: {device.Size}");
        Print(context, $"  max-size: {device.MaximumSize}");
        Print(context, $"  block-size: {device.BlockSize}");
        Print(context, $"  memdev: {MemdevPaths.Of(device)}");
    }

    private static void Summary(HmpContext context, string argument)
    {
        MemorySummary summary = context.Machine.Memory.GetSummary();
        Print(context, $"base memory: {summary.BaseSize}");
        Print(context, $"plugged memory: {summary.PluggedSize}");
    }

    private static void Memdevs(HmpContext context, string argument)
    {
        foreach (MemoryBackendConfig backend in MemdevPaths.All(context.Machine))
        {
            Print(context, $"memory backend: {backend.Name}");
            Print(context, $"  size:  {backend.Size}");
            Print(context, $"  merge: true");
            Print(context, $"  dump: true");
            Print(context, $"  prealloc: {Word(backend.Preallocate)}");
            Print(context, $"  share: {Word(backend.Share)}");
            Print(context, $"  reserve: true");
            Print(context, $"  policy: default");
            Print(context, $"  host nodes: ");
        }

        Print(context, $"");
    }

    private static void List(HmpContext context, string path)
    {
        if (path.Length == 0)
        {
            Print(context, $"/");
            return;
        }

        foreach (QomProperty property in QomTree.Resolve(context.Services, path).Properties)
        {
            Print(context, $"{property.Name} ({property.TypeName})");
        }
    }

    private static void Get(HmpContext context, string text)
    {
        string[] words = Words(text, 2);
        JsonValue value = QomTree.Resolve(context.Services, words[0]).Find(words[1]).Read();
        context.PrintLine(JsonWriter.ToText(value, JsonStyle.Pretty));
    }

    private static void Set(HmpContext context, string text)
    {
        string[] words = Words(text, 3);
        QomTree.Resolve(context.Services, words[0]).Set(words[1], words[2], ValueSyntax.Text);
    }

    private static string[] Words(string text, int count)
    {
        string[] words = text.Split((char[]?)null, count, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        if (words.Length < count)
        {
            throw new HmpUsageException("string expected");
        }

        return words[^1].Any(char.IsWhiteSpace) ? throw new HmpUsageException("extraneous characters at the end of line") : words;
    }

    private static string Word(bool value) => value ? "true" : "false";

    private static void Print(HmpContext context, FormattableString text) => context.PrintLine(text.ToString(CultureInfo.InvariantCulture));
}
