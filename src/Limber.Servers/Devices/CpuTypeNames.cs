using System;
using System.Collections.Generic;
using Limber.Cpu;

namespace Limber.Servers.Devices;

/// <summary>
/// Device type names of processors. Only the running model can be plugged; the others are known so that a client that
/// names a wrong one is told so.
/// </summary>
internal static class CpuTypeNames
{
    public const string Suffix = "-x86_64-cpu";

    /// <summary>The driver name that takes a slot index instead of a location.</summary>
    public const string Generic = "generic-x86-cpu";

    private static readonly HashSet<string> Abstract = new(StringComparer.Ordinal) { "x86_64-cpu", "cpu", "device" };

    public static bool IsAbstract(string driver) => Abstract.Contains(driver);

    /// <summary>True for the device type of any processor model, by any of its names.</summary>
    public static bool IsProcessor(string driver) =>
        driver.EndsWith(Suffix, StringComparison.Ordinal) && CpuModels.TryFind(driver[..^Suffix.Length], out _);
}
