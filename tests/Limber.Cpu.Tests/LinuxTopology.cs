using System;
using System.Collections.Generic;
using System.Linq;
using System.Numerics;

namespace Limber.Cpu.Tests;

/// <summary>
/// Reads topology out of CPUID the way an operating system does, by the vendors' manuals: every field
/// is a run of bits of the APIC id.
/// </summary>
internal sealed record LinuxTopology(uint ApicId, uint Package, uint CoreInPackage, uint ThreadInCore, uint? Die, uint? Module)
{
    /// <summary>Intel SDM volume 3 "topology enumeration": leaf 0x1F if there is one, else leaf 0xB.</summary>
    internal static LinuxTopology FromExtendedLeaf(CpuidEntry[] cpuid)
    {
        uint function = cpuid.Leaf(0x1f).Ebx != 0 && cpuid.Leaf(0).Eax >= 0x1f ? 0x1fu : 0xbu;
        Assert.Equal(1u, cpuid.Leaf(function).Ecx >> 8);
        uint apicId = cpuid.Leaf(function).Edx;
        Dictionary<uint, (int From, int To)> fields = [];
        int from = 0;
        for (uint index = 0; ; index++)
        {
            CpuidEntry level = cpuid.Leaf(function, index);
            if (level.Ebx == 0)
            {
                break;
            }

            Assert.Equal(index, level.Ecx & 0xff);
            Assert.Equal(apicId, level.Edx);
            fields.Add(level.Ecx >> 8 & 0xff, (from, (int)level.Eax));
            from = (int)level.Eax;
        }

        int threadBits = fields[1].To;
        return new LinuxTopology(
            apicId,
            Bits(apicId, from, 32),
            Bits(apicId, threadBits, from),
            Bits(apicId, 0, threadBits),
            fields.TryGetValue(5, out (int From, int To) die) ? Bits(apicId, die.From, die.To) : null,
            fields.TryGetValue(3, out (int From, int To) module) ? Bits(apicId, module.From, module.To) : null);
    }

    /// <summary>Intel before x2APIC: leaf 1 for the package, leaf 4 for the cores in it.</summary>
    internal static LinuxTopology FromIntelLegacy(CpuidEntry[] cpuid)
    {
        uint apicId = cpuid.Leaf(1).Ebx >> 24;
        uint logical = (cpuid.Leaf(1).Edx & 1u << 28) == 0 ? 1 : cpuid.Leaf(1).Ebx >> 16 & 0xff;
        uint cores = (cpuid.Leaf(4).Eax >> 26) + 1;
        int packageBits = Order(logical);
        int threadBits = packageBits - Order(cores);
        return new LinuxTopology(
            apicId, Bits(apicId, packageBits, 32), Bits(apicId, threadBits, packageBits), Bits(apicId, 0, threadBits), null, null);
    }

    /// <summary>AMD without topology extensions: every logical CPU is a core.</summary>
    internal static LinuxTopology FromAmdLegacy(CpuidEntry[] cpuid)
    {
        uint apicId = cpuid.Leaf(1).Ebx >> 24;
        uint ecx = cpuid.Leaf(0x80000008).Ecx;
        int bits = (int)(ecx >> 12 & 0xf);
        bits = bits == 0 ? Order((ecx & 0xff) + 1) : bits;
        return new LinuxTopology(apicId, Bits(apicId, bits, 32), Bits(apicId, 0, bits), 0, null, null);
    }

    /// <summary>AMD family 17h with topology extensions and no leaf 0xB.</summary>
    internal static LinuxTopology FromAmdTopoext(CpuidEntry[] cpuid)
    {
        CpuidEntry leaf = cpuid.Leaf(0x8000001e);
        LinuxTopology legacy = FromAmdLegacy(cpuid);
        int threadBits = Order((leaf.Ebx >> 8 & 0xff) + 1);
        return legacy with
        {
            ApicId = leaf.Eax,
            CoreInPackage = leaf.Ebx & 0xff,
            ThreadInCore = Bits(leaf.Eax, 0, threadBits),
            Die = leaf.Ecx & 0xff,
        };
    }

    private static int Order(uint count) => BitOperations.Log2(BitOperations.RoundUpToPowerOf2(count));

    private static uint Bits(uint value, int from, int to) => (uint)((ulong)value >> from & ((1UL << (to - from)) - 1));
}
