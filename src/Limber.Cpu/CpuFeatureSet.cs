using System;
using System.Collections.Generic;
using System.Numerics;

namespace Limber.Cpu;

/// <summary>
/// An immutable set of CPU features: one 32-bit mask for each <see cref="CpuFeatureWord"/>, in the order
/// of <see cref="CpuFeatureWord.All"/>. A mask may also hold bits that have no name yet, so that the
/// host's own features pass through it unharmed.
/// </summary>
public sealed class CpuFeatureSet
{
    private readonly uint[] _words;

    private CpuFeatureSet(uint[] words) => _words = words;

    /// <summary>No feature at all.</summary>
    public static CpuFeatureSet Empty { get; } = new(new uint[CpuFeatureWord.Count]);

    /// <summary>The mask of one word.</summary>
    public uint this[CpuFeatureWord word] => _words[word.Ordinal];

    /// <summary>The features of a blank-separated list of names.</summary>
    /// <exception cref="ArgumentException">A name is not in the table: the caller's list is wrong.</exception>
    public static CpuFeatureSet Parse(string names)
    {
        CpuFeatureSet set = Empty;
        foreach (string name in names.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (!CpuFeatureWord.TryFind(name, out CpuFeatureSet? feature))
            {
                throw new ArgumentException($"there is no CPU feature named '{name}'", nameof(names));
            }

            set = set.Union(feature);
        }

        return set;
    }

    /// <summary>What a list of leaves, such as KVM's supported ones, says about every word.</summary>
    public static CpuFeatureSet FromEntries(IReadOnlyList<CpuidEntry> entries)
    {
        uint[] words = new uint[CpuFeatureWord.Count];
        foreach (CpuidEntry entry in entries)
        {
            foreach (CpuFeatureWord word in CpuFeatureWord.All)
            {
                if (word.Function == entry.Function && word.Index == entry.Index)
                {
                    words[word.Ordinal] = entry[word.Register];
                }
            }
        }

        return new CpuFeatureSet(words);
    }

    /// <summary>A copy with the mask of one word replaced.</summary>
    public CpuFeatureSet With(CpuFeatureWord word, uint mask)
    {
        uint[] words = (uint[])_words.Clone();
        words[word.Ordinal] = mask;
        return new CpuFeatureSet(words);
    }

    /// <summary>Features in either set.</summary>
    public CpuFeatureSet Union(CpuFeatureSet other) => Combine(other, static (a, b) => a | b);

    /// <summary>Features in both sets.</summary>
    public CpuFeatureSet Intersect(CpuFeatureSet other) => Combine(other, static (a, b) => a & b);

    /// <summary>Features of this set that the other one lacks.</summary>
    public CpuFeatureSet Except(CpuFeatureSet other) => Combine(other, static (a, b) => a & ~b);

    /// <summary>Whether all features of the other set are in this one.</summary>
    public bool Contains(CpuFeatureSet other) => other.Except(this).IsEmpty;

    /// <summary>Whether the set holds the feature of that name; false for an unknown name.</summary>
    public bool Has(string name) => CpuFeatureWord.TryFind(name, out CpuFeatureSet? feature) && Contains(feature);

    /// <summary>Whether no bit is set.</summary>
    public bool IsEmpty => _words.AsSpan().IndexOfAnyExcept(0u) < 0;

    /// <summary>Every set bit in table order, as <c>CPUID.07H:EBX.avx2 [bit 5]</c>.</summary>
    public IEnumerable<string> Describe()
    {
        foreach (CpuFeatureWord word in CpuFeatureWord.All)
        {
            for (uint mask = _words[word.Ordinal]; mask != 0; mask &= mask - 1)
            {
                yield return word.Describe(BitOperations.TrailingZeroCount(mask));
            }
        }
    }

    private CpuFeatureSet Combine(CpuFeatureSet other, Func<uint, uint, uint> combine)
    {
        uint[] words = new uint[_words.Length];
        for (int i = 0; i < words.Length; i++)
        {
            words[i] = combine(_words[i], other._words[i]);
        }

        return new CpuFeatureSet(words);
    }
}
