using System.Collections.Generic;
using Limber.TestKit;

namespace Limber.LabTests;

/// <summary>Comparisons that say what was compared.</summary>
internal static class Check
{
    public static void Equal<T>(T expected, T actual, string what)
    {
        if (!EqualityComparer<T>.Default.Equals(expected, actual))
        {
            throw new ScenarioException($"{what}: expected \"{expected}\", got \"{actual}\"");
        }
    }

    public static void True(bool condition, string what)
    {
        if (!condition)
        {
            throw new ScenarioException(what);
        }
    }
}
