using System.Collections.Generic;
using System.Linq;
using System.Text;
using Limber.Config;
using Limber.Cpu;

namespace Limber.CommandLine.Qemu;

/// <summary><c>-smp</c> and <c>-cpu</c>, which the processor library understands.</summary>
internal static class QemuCpuOptions
{
    /// <summary>What <c>-smp help</c> prints.</summary>
    public static string SmpHelp =>
        "smp-opts options:\n" + string.Concat(SmpOptions.Keys.Select(key => $"  {key}=<num>\n"));

    /// <summary>What <c>-cpu help</c> prints.</summary>
    public static string CpuHelp()
    {
        StringBuilder text = new("Available CPUs:\n");
        foreach (string name in CpuModels.Names)
        {
            text.Append("  ").Append(name).Append('\n');
        }

        return text.ToString();
    }

    /// <param name="machineType">The machine type as named by the user.</param>
    /// <param name="smp">Keys and values of all <c>-smp</c> in order.</param>
    /// <param name="model">The value of <c>-cpu</c>.</param>
    public static CpuConfig Resolve(string machineType, List<KeyValuePair<string, string>> smp, string model)
    {
        SmpMachine machine = QemuMachineType.Resolve(machineType);
        try
        {
            SmpConfiguration resolved = SmpResolver.Resolve(smp, machine);
            CpuSpec.Parse(model);
            return new CpuConfig
            {
                Boot = resolved.Cpus,
                Max = resolved.MaxCpus,
                Topology = resolved.Topology,
                Model = model,
            };
        }
        catch (SmpException e)
        {
            throw new CommandLineException(e.Message);
        }
        catch (CpuModelException e)
        {
            throw new CommandLineException(e.Message);
        }
    }
}
