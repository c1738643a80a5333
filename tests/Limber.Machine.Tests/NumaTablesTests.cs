using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using Limber.Acpi;
using Limber.Boot;
using Limber.Config;
using Limber.Control;

namespace Limber.Machine.Tests;

/// <summary>What a guest reads of NUMA nodes in SRAT and SLIT, byte by byte.</summary>
public sealed class NumaTablesTests
{
    private const ulong Mebi = 1 << 20;
    private const ulong Gibi = 1 << 30;

    [Fact]
    public void None_DescribesNothing()
    {
        var tables = new NumaTables(NumaConfig.None, [0, 1], MemoryLayout.For(512 * Mebi));
        Assert.Empty(tables.Tables);
        Assert.Empty(tables.ProcessorDomains);
        Assert.Equal(0UL, tables.ReservedBytes);
    }

    [Fact]
    public void Srat_HasEveryPossibleProcessor_InTheFormThatItsIdNeeds()
    {
        byte[] srat = Build([512 * Mebi, 0], [0, 1, 1], [0, 2, 255])[0];
        Assert.Equal("SRAT"u8, srat.AsSpan(0, 4));
        Assert.Equal(0, unchecked((byte)srat.Sum(b => b)));
        List<byte[]> entries = Entries(srat);
        Assert.Equal([0, 16, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], entries[0]);
        Assert.Equal([0, 16, 1, 2, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], entries[1]);
        Assert.Equal([2, 24, 0, 0, 1, 0, 0, 0, 255, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], entries[2]);
        Assert.DoesNotContain(entries[3..], entry => entry[0] != 1);
    }

    [Fact]
    public void Srat_SplitsMemoryBetweenNodes_AndLeavesTheLegacyHoleOut() =>
        Assert.Equal(
            [(0, 0UL, 0xA_0000UL), (0, 0x10_0000, 256 * Mebi), (1, 256 * Mebi, 512 * Mebi)],
            Memory(Build([256 * Mebi, 256 * Mebi], [0, 1], [0, 1])[0]));

    [Fact]
    public void Srat_FollowsANodeAcrossTheHoleBelow4GiB() =>
        Assert.Equal(
            [(0, 0UL, 0xA_0000UL), (0, 0x10_0000, 2 * Gibi), (1, 2 * Gibi, 3 * Gibi), (1, 4 * Gibi, 5 * Gibi), (3, 5 * Gibi, 6 * Gibi)],
            Memory(Build([2 * Gibi, 2 * Gibi, 0, Gibi], [0], [0])[0]));

    [Theory]
    [InlineData(0x9_0000, "0:0-90000 1:90000-a0000 1:100000-2000000")]
    [InlineData(0xB_0000, "0:0-a0000 1:100000-2000000")]
    [InlineData(0x10_0000, "0:0-a0000 1:100000-2000000")]
    [InlineData(0x10_1000, "0:0-a0000 0:100000-101000 1:101000-2000000")]
    public void Srat_WithABoundaryAroundTheLegacyHole_HasNoEmptyRange(ulong first, string expected)
    {
        IEnumerable<string> ranges = Memory(Build([first, (32 * Mebi) - first], [0], [0])[0]).Select(m => $"{m.Node}:{m.Start:x}-{m.End:x}");
        Assert.Equal(expected, string.Join(' ', ranges));
    }

    [Fact]
    public void Slit_IsThereOnlyWithDistances_AndInTheirDirection()
    {
        Assert.Single(Build([32 * Mebi, 0], [0], [0]));
        byte[] slit = Build([32 * Mebi, 0], [0], [0], [10, 21, 42, 10])[1];
        Assert.Equal("SLIT"u8, slit.AsSpan(0, 4));
        Assert.Equal(2UL, BinaryPrimitives.ReadUInt64LittleEndian(slit.AsSpan(36)));
        Assert.Equal([10, 21, 42, 10], slit[44..]);
    }

    [Fact]
    public void ReservedBytes_CoverTheLargestTables()
    {
        ulong[] memory = new ulong[NumaConfig.MaxNodes];
        Array.Fill(memory, Mebi);
        byte[] distances = new byte[NumaConfig.MaxNodes * NumaConfig.MaxNodes];
        Array.Fill(distances, (byte)20);
        for (int i = 0; i < NumaConfig.MaxNodes; i++)
        {
            distances[i * (NumaConfig.MaxNodes + 1)] = NumaConfig.LocalDistance;
        }

        var numa = new NumaConfig { NodeMemory = [.. memory], ProcessorNodes = [0], Distances = [.. distances] };
        Assert.Null(numa.FindProblem(1, 128 * Mebi));
        var tables = new NumaTables(numa, [0], MemoryLayout.For(128 * Mebi));
        Assert.InRange((int)tables.ReservedBytes, tables.Tables.Sum(t => t.Build().Length), int.MaxValue);
    }

    [Theory]
    [InlineData(new ulong[] { 0x3800, 0x800 }, new[] { 0 }, new byte[0], "memory of NUMA node 0 (0x3800) is not a multiple of 4096 bytes")]
    [InlineData(new ulong[] { 0x1000, 0x2000 }, new[] { 0 }, new byte[0], "total memory for NUMA nodes (0x3000) should equal RAM size (0x4000)")]
    [InlineData(new ulong[] { ulong.MaxValue, 5 }, new[] { 0 }, new byte[0], "total memory for NUMA nodes (0x10000000000000004) should equal RAM size (0x4000)")]
    [InlineData(new ulong[] { 0x4000 }, new int[0], new byte[0], "NUMA nodes are given for 0 processors of 1")]
    [InlineData(new ulong[] { 0x4000 }, new[] { 1 }, new byte[0], "processor 0 is in NUMA node 1, and the nodes are 0 to 0")]
    [InlineData(new ulong[] { 0x4000 }, new[] { 0 }, new byte[] { 11 }, "Local distance of node 0 should be 10.")]
    [InlineData(new ulong[] { 0x4000, 0 }, new[] { 0 }, new byte[] { 10 }, "1 NUMA distances are given; 2 nodes need 4")]
    [InlineData(new ulong[] { 0x4000, 0 }, new[] { 0 }, new byte[] { 10, 10, 20, 10 }, "NUMA distance (10) from node 0 to node 1 is invalid, it should be more than 10.")]
    [InlineData(new ulong[] { 0x4000, 0 }, new[] { 1 }, new byte[] { 10, 11, 255, 10 }, null)]
    public void FindProblem_NamesWhatIsWrong(ulong[] memory, int[] processors, byte[] distances, string? expected) =>
        Assert.Equal(expected, Configure(memory, processors, distances).FindProblem(1, 0x4000));

    [Fact]
    public void Create_WithNodesThatDoNotFitTheMachine_IsRefused()
    {
        VmConfig config = TinyGuest.Configure(kernel: null, 1, 2) with { Numa = Configure([4096], [0, 0], []) };
        VmException refusal = Assert.Throws<VmException>(() => MachinePlatform.Create(config, new MachineEnvironment()));
        Assert.StartsWith("total memory for NUMA nodes (0x1000) should equal RAM size (0x", refusal.Message);
    }

    private static NumaConfig Configure(ulong[] memory, int[] processors, byte[] distances) =>
        new() { NodeMemory = [.. memory], ProcessorNodes = [.. processors], Distances = [.. distances] };

    private static List<byte[]> Build(ulong[] memory, int[] processors, ImmutableArray<uint> apicIds, params byte[] distances)
    {
        ulong total = memory.Aggregate(0UL, (sum, bytes) => sum + bytes);
        var tables = new NumaTables(Configure(memory, processors, distances), apicIds, MemoryLayout.For(total));
        return [.. tables.Tables.Select(table => table.Build())];
    }

    private static List<(int Node, ulong Start, ulong End)> Memory(byte[] srat) =>
    [
        .. Entries(srat).Where(entry => entry[0] == 1).Select(entry =>
        {
            ulong start = BinaryPrimitives.ReadUInt64LittleEndian(entry.AsSpan(8));
            Assert.Equal(1u, BinaryPrimitives.ReadUInt32LittleEndian(entry.AsSpan(28)));
            return (BinaryPrimitives.ReadInt32LittleEndian(entry.AsSpan(2)), start, start + BinaryPrimitives.ReadUInt64LittleEndian(entry.AsSpan(16)));
        }),
    ];

    private static List<byte[]> Entries(byte[] srat)
    {
        List<byte[]> entries = [];
        for (int at = 48; at < srat.Length; at += srat[at + 1])
        {
            entries.Add(srat[at..(at + srat[at + 1])]);
        }

        return entries;
    }
}
