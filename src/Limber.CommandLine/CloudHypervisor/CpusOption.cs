using Limber.Config;
using Limber.Cpu;

namespace Limber.CommandLine.CloudHypervisor;

/// <summary><c>--cpus boot=N,max=N,topology=THREADS:CORES:DIES:PACKAGES,...</c>.</summary>
internal static class CpusOption
{
    /// <summary>What the largest machine type of any dialect has.</summary>
    private const int MaxCpus = 4096;

    private static readonly string[] Keys =
    [
        "boot", "max", "topology", "kvm_hyperv", "max_phys_bits", "affinity", "features", "nested",
        "core_scheduling", "profile",
    ];

    /// <param name="value">The option's value, or null when it was not given.</param>
    public static CpuConfig Resolve(string? value)
    {
        string option = $"--cpus {value}";
        OptionParser parser = new(option, value ?? "", Keys, []);
        RequireBuilt(option, parser);
        int boot = parser.Count("boot", MaxCpus) ?? 1;
        int max = parser.Count("max", MaxCpus) ?? boot;
        try
        {
            SmpConfiguration smp = CloudHypervisorTopology.Resolve(boot, max, parser.Text("topology"));
            return new CpuConfig { Boot = smp.Cpus, Max = smp.MaxCpus, Topology = smp.Topology, Model = "host" };
        }
        catch (SmpException e)
        {
            throw new CommandLineException($"{option}: {e.Message}");
        }
    }

    /// <summary>Accepts the values that say what happens anyway; answers the others clearly.</summary>
    private static void RequireBuilt(string option, OptionParser parser)
    {
        if (parser.Toggle("kvm_hyperv") == true)
        {
            throw CommandLineException.NotBuilt($"{option}: kvm_hyperv");
        }

        if (parser.Toggle("nested") == false)
        {
            throw CommandLineException.NotBuilt($"{option}: nested=off");
        }

        if (parser.Text("core_scheduling")?.ToLowerInvariant() is string scheduling and not "off")
        {
            throw CommandLineException.NotBuilt($"{option}: core_scheduling={scheduling}", "supported: off");
        }

        if (parser.Text("profile")?.ToLowerInvariant() is string profile and not "host")
        {
            throw CommandLineException.NotBuilt($"{option}: profile={profile}", "supported: host");
        }

        foreach (string key in (string[])["max_phys_bits", "affinity", "features"])
        {
            if (parser.Text(key) is string text)
            {
                throw CommandLineException.NotBuilt($"{option}: {key}={text}");
            }
        }
    }
}
