using System;
using System.Collections.Generic;
using System.Linq;
using Limber.CommandLine.CloudHypervisor;
using Limber.CommandLine.Qemu;
using Limber.CommandLine.StratoVirt;
using Limber.Config;

namespace Limber.CommandLine;

/// <summary>
/// Decides which dialect a command line is written in. In order: the name the program was invoked under, an
/// explicit subcommand, the style of the options.
/// </summary>
/// <remarks>
/// <code>
/// style of the options                                                      dialect
/// a --long option that only Cloud Hypervisor has (--cpus, --api-socket)     Cloud Hypervisor
/// a --long option that QEMU has too (--kernel, --serial), and none that
///   only QEMU has, neither --append nor -m                                  Cloud Hypervisor
/// a monitor given by the bare words `server,nowait`, only options and a
///   machine type that StratoVirt has                                        StratoVirt
/// everything else                                                           QEMU
/// </code>
/// </remarks>
internal static class DialectDetection
{
    public static Dialect? FromProgramName(string fileName) =>
        fileName == "qemu-system-x86_64" ? Dialect.Qemu : FromSubcommand(fileName, "stratovirt", "cloud-hypervisor");

    public static Dialect? FromSubcommand(string word) =>
        word == "qemu" ? Dialect.Qemu : FromSubcommand(word, "stratovirt", "cloud-hypervisor");

    public static Dialect FromStyle(IReadOnlyList<string> args)
    {
        List<(string Option, string? Value)> options = Split(args);
        if (LooksLikeCloudHypervisor(options))
        {
            return Dialect.CloudHypervisor;
        }

        return LooksLikeStratoVirt(options) ? Dialect.StratoVirt : Dialect.Qemu;
    }

    private static Dialect? FromSubcommand(string word, string stratoVirt, string cloudHypervisor) =>
        word == stratoVirt ? Dialect.StratoVirt
        : word == cloudHypervisor ? Dialect.CloudHypervisor
        : null;

    /// <summary>
    /// Pairs options with their values, so that the value of <c>-append</c> is never taken for an option.
    /// QEMU's table tells which single-dash options take one.
    /// </summary>
    private static List<(string Option, string? Value)> Split(IReadOnlyList<string> args)
    {
        List<(string, string?)> options = [];
        for (int i = 0; i < args.Count; i++)
        {
            string arg = args[i];
            if (!arg.StartsWith('-') || arg.Length == 1)
            {
                continue;
            }

            bool hasValue = arg.StartsWith("--", StringComparison.Ordinal)
                ? CloudHypervisorOptions.TakesValue(LongName(arg)) ?? QemuOptionTable.TakesValue(arg[2..])
                : QemuOptionTable.TakesValue(arg[1..]) || StratoVirtOptions.TakesValue(arg[1..]);
            string? value = hasValue && i + 1 < args.Count ? args[++i] : null;
            options.Add((arg, value));
        }

        return options;
    }

    private static bool LooksLikeCloudHypervisor(List<(string Option, string? Value)> options)
    {
        string[] longNames = [.. options.FindAll(o => IsLong(o.Option)).ConvertAll(o => LongName(o.Option))];
        string[] known = [.. longNames.Where(n => CloudHypervisorOptions.TakesValue(n) is not null)];
        if (known.Any(n => !QemuOptionTable.Contains(n)))
        {
            return true;
        }

        bool qemuOnly = longNames.Any(n => QemuOptionTable.Contains(n) && !known.Contains(n));
        return known.Length > 0
            && !qemuOnly
            && options.TrueForAll(o => IsLong(o.Option) || CloudHypervisorOptions.IsShort(o.Option));
    }

    private static bool LooksLikeStratoVirt(List<(string Option, string? Value)> options) =>
        options.Exists(o => IsBareWordMonitor(o.Option, o.Value))
        && options.TrueForAll(o => StratoVirtOptions.Contains(o.Option[1..]))
        && !options.Exists(o => o.Option == "-machine" && IsQemuMachine(o.Value));

    private static bool IsBareWordMonitor(string option, string? value)
    {
        if (option is not ("-qmp" or "-chardev") || value is null)
        {
            return false;
        }

        string[] words = value.Split(',');
        return words.Contains("server") && words.Contains("nowait");
    }

    private static bool IsQemuMachine(string? value)
    {
        string[] words = (value ?? "").Split(',');
        return words.Any(w => w.StartsWith("pc", StringComparison.Ordinal) || w.StartsWith("type=pc", StringComparison.Ordinal));
    }

    private static bool IsLong(string arg) => arg.StartsWith("--", StringComparison.Ordinal);

    private static string LongName(string arg) => arg[2..].Split('=', 2)[0];
}
