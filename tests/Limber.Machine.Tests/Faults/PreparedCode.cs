using System;
using System.Collections.Generic;
using System.Linq;
using System.Reflection;
using System.Runtime.InteropServices;

namespace Limber.Machine.Tests.Faults;

/// <summary>
/// Loads all that a plug may need, also on the ways that only a failure takes: the runtime opens files for that, and would fail where the
/// product, which is compiled ahead, has nothing to load.
/// </summary>
internal static class PreparedCode
{
    private const string Own = "Limber.";
    private static readonly Lazy<int> Prepared = new(Prepare);

    /// <summary>Prepares it once a process.</summary>
    public static void Ensure() => Assert.NotEqual(0, Prepared.Value);

    private static int Prepare()
    {
        var loaded = new HashSet<Assembly>();
        Load(typeof(PreparedCode).Assembly, loaded);
        const BindingFlags all = BindingFlags.DeclaredOnly | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static;
        MethodInfo[] natives =
        [
            .. loaded.Where(a => a.GetName().Name!.StartsWith(Own, StringComparison.Ordinal))
                .SelectMany(a => a.GetTypes())
                .SelectMany(t => t.GetMethods(all))
                .Where(m => (m.Attributes & MethodAttributes.PinvokeImpl) != 0),
        ];
        Array.ForEach(natives, Marshal.Prelink);
        return natives.Length;
    }

    private static void Load(Assembly assembly, HashSet<Assembly> loaded)
    {
        if (loaded.Add(assembly))
        {
            foreach (AssemblyName name in assembly.GetReferencedAssemblies())
            {
                Load(Assembly.Load(name), loaded);
            }
        }
    }
}
