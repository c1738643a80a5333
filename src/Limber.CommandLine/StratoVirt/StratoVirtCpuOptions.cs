using System;
using System.Collections.Generic;
using System.Linq;
using Limber.Config;
using Limber.Cpu;

namespace Limber.CommandLine.StratoVirt;

/// <summary><c>-smp</c> and <c>-cpu</c> of StratoVirt; the only processor model is the host's.</summary>
internal static class StratoVirtCpuOptions
{
    /// <param name="smp">The value of <c>-smp</c>, or null: one processor.</param>
    /// <param name="cpu">The value of <c>-cpu</c>, or null.</param>
    public static CpuConfig Resolve(string? smp, string? cpu)
    {
        if (cpu is not (null or "host"))
        {
            throw cpu.StartsWith("host,", StringComparison.Ordinal)
                ? CommandLineException.NotBuilt($"-cpu {cpu}", "supported: host, without properties")
                : new CommandLineException($"-cpu {cpu}: the processor model must be host");
        }

        string option = $"-smp {smp}";
        KeyValuePair<string, string>[] pairs =
        [
            .. StratoVirtKeyValues.Split(option, smp ?? "1", "cpus").ConvertAll(item => KeyValuePair.Create(item.Key, item.Value ?? "")),
        ];
        try
        {
            SmpConfiguration resolved = StratoVirtSmpResolver.Resolve(pairs);
            return new CpuConfig
            {
                Boot = resolved.Cpus,
                Max = resolved.MaxCpus,
                Topology = resolved.Topology,
                Model = "host",
            };
        }
        catch (SmpException e)
        {
            throw new CommandLineException($"{option}: {e.Message}");
        }
    }
}
