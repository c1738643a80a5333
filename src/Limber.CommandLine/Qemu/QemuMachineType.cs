using System;
using System.Globalization;
using System.Linq;
using Limber.Cpu;

namespace Limber.CommandLine.Qemu;

/// <summary>QEMU's names of x86 machine types. All supported ones are the same platform here.</summary>
internal static class QemuMachineType
{
    private const string I440fxPrefix = "pc-i440fx-";
    private const string Q35Prefix = "pc-q35-";
    private const string CurrentVersion = "10.0";
    private const uint I440fxMaxCpus = 255;

    /// <summary>What <c>-machine help</c> prints.</summary>
    public const string Help = """
        Supported machines are:
        pc                   the x86 platform (alias of pc-i440fx-VERSION)
        q35                  the x86 platform (default; alias of pc-q35-VERSION)
        pc-i440fx-VERSION    as pc; VERSION is 2.4 to 10.2
        pc-q35-VERSION       as q35; VERSION is 2.4 to 10.2

        """;

    /// <summary>What a machine type allows for processors.</summary>
    /// <exception cref="CommandLineException">The machine type is unknown or not supported.</exception>
    public static SmpMachine Resolve(string name)
    {
        if (name is "pc" || VersionOf(name, I440fxPrefix) is not null)
        {
            return Machine(name is "pc" ? I440fxPrefix : name, I440fxPrefix);
        }

        if (name is "q35" || VersionOf(name, Q35Prefix) is not null)
        {
            return Machine(name is "q35" ? Q35Prefix : name, Q35Prefix);
        }

        throw name is "microvm" or "isapc" or "none" or "xenfv" or "xenpv" or "x-remote" or "nitro-enclave"
            ? CommandLineException.NotBuilt($"-machine {name}", "supported: pc, q35")
            : new CommandLineException(
                $"unsupported machine type: \"{name}\"; use -machine help to list supported machines");
    }

    /// <summary>The root bus as devices of this machine type name it.</summary>
    public static string RootBus(string name) => name is "pc" || VersionOf(name, I440fxPrefix) is not null ? "pci.0" : "pcie.0";

    /// <summary>
    /// Whether <c>-numa node</c> takes <c>mem=</c> and splits memory by itself: types up to 5.0 only, whose guests may have been
    /// started so. Newer ones want <c>memdev=</c>.
    /// </summary>
    public static bool SizesNumaNodesItself(string name) =>
        (VersionOf(name, I440fxPrefix) ?? VersionOf(name, Q35Prefix)) is Version version && version <= new Version(5, 0);

    private static SmpMachine Machine(string name, string prefix)
    {
        string fullName = name == prefix ? prefix + CurrentVersion : name;
        Version version = VersionOf(fullName, prefix)!;
        return new SmpMachine(fullName, prefix == I440fxPrefix ? I440fxMaxCpus : Q35MaxCpus(version))
        {
            PreferSockets = version < new Version(6, 2),
        };
    }

    /// <summary>A machine type keeps the limit it was born with, so that guests can move between releases.</summary>
    private static uint Q35MaxCpus(Version version) =>
        version switch
        {
            { Major: >= 9 } => 4096,
            { Major: 8, Minor: >= 1 } => 1024,
            { Major: 2 } => 255,
            _ => 288,
        };

    /// <returns>The version in the machine type's name; null when it has none that exists.</returns>
    private static Version? VersionOf(string name, string prefix)
    {
        if (!name.StartsWith(prefix, StringComparison.Ordinal))
        {
            return null;
        }

        int[] parts = [.. name[prefix.Length..].Split('.').Select(Number)];
        return parts.Length is 2 or 3 && !parts.Contains(-1) && Exists(parts[0], parts[1])
            ? new Version(parts[0], parts[1])
            : null;
    }

    // Three releases a year since 4.0; before that the minor number counted on for longer.
    private static bool Exists(int major, int minor) =>
        major switch
        {
            2 => minor is >= 4 and <= 12,
            3 => minor <= 1,
            >= 4 and <= 10 => minor <= 2,
            _ => false,
        };

    private static int Number(string text) =>
        byte.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out byte number) ? number : -1;
}
