using Limber.Config;

namespace Limber.CommandLine.CloudHypervisor;

/// <summary><c>--memory size=N,shared=on|off,...</c>.</summary>
internal static class MemoryOption
{
    private const ulong DefaultSize = 512UL << 20;
    private const ulong PageSize = 4096;

    private static readonly string[] Keys =
    [
        "size", "mergeable", "shared", "hugepages", "hugepage_size", "hotplug_method", "hotplug_size",
        "hotplugged_size", "prefault", "reserve", "thp",
    ];

    /// <param name="value">The option's value, or null when it was not given.</param>
    public static MemoryConfig Resolve(string? value)
    {
        string option = $"--memory {value}";
        OptionParser parser = new(option, value ?? "", Keys, []);
        RequireBuilt(option, parser);
        ulong size = parser.Size("size") ?? DefaultSize;
        if (size == 0)
        {
            throw CommandLineException.NotBuilt($"{option}: memory zones (size=0)");
        }

        if (size % PageSize != 0)
        {
            throw new CommandLineException($"{option}: size must be a multiple of {PageSize} bytes");
        }

        return new MemoryConfig(size, parser.Toggle("shared") ?? false);
    }

    private static void RequireBuilt(string option, OptionParser parser)
    {
        foreach (string key in (string[])["mergeable", "hugepages", "prefault", "reserve"])
        {
            if (parser.Toggle(key) == true)
            {
                throw CommandLineException.NotBuilt($"{option}: {key}=on");
            }
        }

        foreach (string key in (string[])["hugepage_size", "hotplug_size", "hotplugged_size"])
        {
            if (parser.Size(key) is ulong size)
            {
                throw CommandLineException.NotBuilt($"{option}: {key}={size}");
            }
        }

        if (parser.Text("hotplug_method")?.ToLowerInvariant() is string method and not "acpi")
        {
            throw CommandLineException.NotBuilt($"{option}: hotplug_method={method}");
        }

        if (parser.Toggle("thp") == false)
        {
            throw CommandLineException.NotBuilt($"{option}: thp=off");
        }
    }
}
