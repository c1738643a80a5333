using System;
using System.Globalization;

namespace Limber.Testing;

/// <summary>
/// Where tests with random input begin. In <c>./test</c> each has seeds of its own, so it does the same in every run;
/// <c>./fuzz</c> moves all of them by its number, in the environment variable LIMBER_FUZZ_SEED.
/// </summary>
internal static class FuzzSeed
{
    /// <summary>Trait of the tests that <c>./fuzz</c> repeats.</summary>
    public const string Trait = "kind";

    /// <summary>Its value.</summary>
    public const string Value = "fuzz";

    // A prime, so that seeds that lie side by side do not meet those of other numbers.
    private const int Stride = 1_000_003;

    private static readonly int Offset = unchecked(
        Stride * (Environment.GetEnvironmentVariable("LIMBER_FUZZ_SEED") is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : 0));

    /// <summary>Random numbers from a test's own seed, or from where <c>./fuzz</c> is.</summary>
    public static Random Create(int seed) => new(unchecked(seed + Offset));
}
