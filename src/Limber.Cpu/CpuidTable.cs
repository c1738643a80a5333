using System.Collections.Generic;
using System.Linq;

namespace Limber.Cpu;

/// <summary>CPUID leaves under construction, kept in order of function and index.</summary>
internal sealed class CpuidTable
{
    private readonly SortedDictionary<(uint Function, uint Index), CpuidEntry> _entries = [];

    internal int Count => _entries.Count;

    /// <summary>Writes a leaf without subleaves.</summary>
    internal void Set(uint function, uint eax, uint ebx, uint ecx, uint edx) =>
        Set(new CpuidEntry(function, 0, 0, eax, ebx, ecx, edx));

    /// <summary>Writes a leaf, replacing an earlier one.</summary>
    internal void Set(CpuidEntry entry) => _entries[(entry.Function, entry.Index)] = entry;

    /// <summary>The leaf as it stands, all zero if there is none.</summary>
    internal CpuidEntry Get(uint function, uint index = 0) =>
        _entries.GetValueOrDefault((function, index), new CpuidEntry(function, index, 0, 0, 0, 0, 0));

    /// <summary>Writes one register of the leaf a feature word lies in; no leaf is made for zero.</summary>
    internal void SetWord(CpuFeatureWord word, uint value)
    {
        if (value != 0 || _entries.ContainsKey((word.Function, word.Index)))
        {
            uint flags = word.HasIndex ? CpuidEntry.SignificantIndex : 0;
            Set(Get(word.Function, word.Index).With(word.Register, value) with { Flags = flags });
        }
    }

    /// <summary>Drops what lies beyond the highest leaves that leaf 0 and leaf 0x80000000 announce.</summary>
    internal void Trim(uint level, uint extendedLevel)
    {
        foreach ((uint function, uint index) in _entries.Keys.ToArray())
        {
            bool beyondBasic = function < ParavirtualLeaves.Signature && function > level;
            if (beyondBasic || function > extendedLevel)
            {
                _entries.Remove((function, index));
            }
        }
    }

    internal CpuidEntry[] ToArray() => [.. _entries.Values];
}
