using System;
using System.Collections.Generic;

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

    private static readonly HashSet<string> Models = new(StringComparer.Ordinal)
    {
        "486", "Broadwell", "Cascadelake-Server", "Conroe", "Cooperlake", "Denverton", "Dhyana", "EPYC", "EPYC-Genoa",
        "EPYC-Milan", "EPYC-Rome", "GraniteRapids", "Haswell", "Icelake-Server", "IvyBridge", "KnightsMill", "Nehalem",
        "Opteron_G1", "Opteron_G2", "Opteron_G3", "Opteron_G4", "Opteron_G5", "Penryn", "SandyBridge", "SapphireRapids",
        "SierraForest", "Skylake-Client", "Skylake-Server", "Snowridge", "Westmere", "YongFeng", "athlon", "base",
        "core2duo", "coreduo", "host", "kvm32", "kvm64", "max", "n270", "pentium", "pentium2", "pentium3", "phenom",
        "qemu32", "qemu64",
    };

    private static readonly string[] Variants = ["-noTSX-IBRS", "-noTSX", "-IBRS", "-IBPB"];

    public static bool IsAbstract(string driver) => Abstract.Contains(driver);

    /// <summary>True for the device type of any processor model, also in a variant (<c>-IBRS</c>) or version (<c>-v2</c>).</summary>
    public static bool IsProcessor(string driver)
    {
        if (!driver.EndsWith(Suffix, StringComparison.Ordinal))
        {
            return false;
        }

        string model = driver[..^Suffix.Length];
        int dash = model.LastIndexOf("-v", StringComparison.Ordinal);
        if (dash > 0 && int.TryParse(model.AsSpan(dash + 2), out _))
        {
            model = model[..dash];
        }

        foreach (string variant in Variants)
        {
            if (model.EndsWith(variant, StringComparison.Ordinal))
            {
                model = model[..^variant.Length];
                break;
            }
        }

        return Models.Contains(model);
    }
}
