using System;
using System.Collections.Generic;

namespace Limber.Cpu;

/// <summary>
/// Leaf 0xD: the register states that XSAVE handles, limited to those whose features the guest has.
/// KVM derives from it which bits of XCR0 and IA32_XSS the guest may set.
/// Source: Intel SDM volume 1 chapter 13, "XSAVE-supported features".
/// </summary>
internal static class ExtendedStateLeaves
{
    internal const uint Function = 0xd;

    private const ulong LegacyStates = 0x3;
    private const uint LegacyAreaSize = 512 + 64;

    private static readonly (string Feature, ulong States)[] s_userStates =
    [
        ("avx", 1UL << 2),
        ("mpx", 1UL << 3 | 1UL << 4),
        ("avx512f", 1UL << 5 | 1UL << 6 | 1UL << 7),
        ("pku", 1UL << 9),
        ("amx-tile", 1UL << 17 | 1UL << 18),
    ];

    private static readonly (string Feature, ulong States)[] s_supervisorStates =
    [
        ("intel-pt", 1UL << 8),
        ("shstk", 1UL << 11 | 1UL << 12),
        ("ibt", 1UL << 11 | 1UL << 12),
        ("arch-lbr", 1UL << 15),
    ];

    internal static void Add(CpuidTable table, IReadOnlyList<CpuidEntry> supported, CpuFeatureSet features)
    {
        if (!features.Has("xsave"))
        {
            return;
        }

        ulong user = LegacyStates | States(s_userStates, features);
        ulong supervisor = features.Has("xsaves") ? States(s_supervisorStates, features) : 0;
        uint areaSize = LegacyAreaSize;
        foreach (CpuidEntry entry in supported)
        {
            if (entry.Function != Function || entry.Index is < 2 or > 63)
            {
                continue;
            }

            bool isSupervisor = (entry.Ecx & 1) != 0;
            if (((isSupervisor ? supervisor : user) >> (int)entry.Index & 1) == 0)
            {
                continue;
            }

            table.Set(entry with { Flags = CpuidEntry.SignificantIndex });
            if (!isSupervisor)
            {
                areaSize = Math.Max(areaSize, unchecked(entry.Ebx + entry.Eax));
            }
        }

        AddMain(table, supported, user, supervisor, areaSize);
        table.SetWord(CpuFeatureWord.XsaveEax, features[CpuFeatureWord.XsaveEax]);
    }

    private static void AddMain(
        CpuidTable table, IReadOnlyList<CpuidEntry> supported, ulong user, ulong supervisor, uint areaSize)
    {
        foreach (CpuidEntry entry in supported)
        {
            if (entry.Function != Function || entry.Index > 1)
            {
                continue;
            }

            ulong allowed = entry.Index == 0 ? user : supervisor;
            (uint low, uint high) = ((uint)(allowed & uint.MaxValue), (uint)(allowed >> 32));

            // EBX is the size for the states switched on at the moment, which KVM keeps up to date.
            CpuidEntry leaf = entry.Index == 0
                ? entry with { Eax = entry.Eax & low, Ebx = LegacyAreaSize, Ecx = areaSize, Edx = entry.Edx & high }
                : entry with { Ecx = entry.Ecx & low, Edx = entry.Edx & high };
            table.Set(leaf with { Flags = CpuidEntry.SignificantIndex });
        }
    }

    private static ulong States((string Feature, ulong States)[] table, CpuFeatureSet features)
    {
        ulong states = 0;
        foreach ((string feature, ulong bits) in table)
        {
            states |= features.Has(feature) ? bits : 0;
        }

        return states;
    }
}
