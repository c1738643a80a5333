using System;
using System.Linq;

namespace Limber.Cpu.Tests;

public sealed class CpuTopologyTests
{
    [Theory]
    [InlineData(2, 1, 1, 3, 1, "0 1 2 4 5 6")]
    [InlineData(1, 1, 1, 4, 1, "0 1 2 3")]
    [InlineData(2, 1, 1, 3, 2, "0 1 2 3 4 5 8 9 10 11 12 13")]
    [InlineData(1, 3, 1, 1, 1, "0 1 2")]
    [InlineData(2, 3, 1, 1, 1, "0 1 2 4 5 6")]
    [InlineData(1, 1, 3, 2, 1, "0 1 2 3 4 5")]
    [InlineData(1, 2, 3, 1, 1, "0 1 2 4 5 6")]
    [InlineData(3, 1, 1, 1, 3, "0 1 2 4 5 6 8 9 10")]
    public void ApicId_CountsNotPowersOfTwo_LeaveHoles(int sockets, int dies, int modules, int cores, int threads, string expected)
    {
        CpuTopology topology = new(sockets, dies, modules, cores, threads);

        Assert.Equal(expected, string.Join(' ', Enumerable.Range(0, topology.Total).Select(topology.ApicId)));
        Assert.Equal(uint.Parse(expected.Split(' ')[^1]), topology.MaxApicId);
    }

    [Fact]
    public void Location_Indices_RunThroughThreadsFirstAndSocketsLast()
    {
        CpuTopology topology = new(2, 1, 1, 2, 2);

        Assert.Equal(new CpuLocation(0, 0, 0, 0, 1), topology.Location(1));
        Assert.Equal(new CpuLocation(0, 0, 0, 1, 0), topology.Location(2));
        Assert.Equal(new CpuLocation(1, 0, 0, 0, 0), topology.Location(4));
    }

    [Fact]
    public void TryIndexOf_EverySlot_InvertsLocationAndApicId()
    {
        CpuTopology topology = new(3, 2, 3, 5, 2);
        for (int index = 0; index < topology.Total; index++)
        {
            Assert.True(topology.TryIndexOf(topology.Location(index), out int byLocation));
            Assert.True(topology.TryIndexOfApicId(topology.ApicId(index), out int byId));
            Assert.Equal((index, index), (byLocation, byId));
        }

        int found = Enumerable.Range(0, 4096).Count(id => topology.TryIndexOfApicId((uint)id, out _));
        Assert.Equal(topology.Total, found);
        Assert.False(topology.TryIndexOfApicId(uint.MaxValue, out _));
    }

    [Theory]
    [InlineData(2, 0, 0, 0, 0)]
    [InlineData(0, 1, 0, 0, 0)]
    [InlineData(0, 0, 1, 0, 0)]
    [InlineData(0, 0, 0, 3, 0)]
    [InlineData(0, 0, 0, 0, 1)]
    [InlineData(-1, 0, 0, 0, 0)]
    [InlineData(0, 0, 0, int.MinValue, 0)]
    public void TryIndexOf_Outside_IsRefused(int socket, int die, int module, int core, int thread) =>
        Assert.False(new CpuTopology(2, 1, 1, 3, 1).TryIndexOf(new(socket, die, module, core, thread), out _));

    [Fact]
    public void Constructor_ImpossibleCounts_Throws()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new CpuTopology(0, 1, 1, 1, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new CpuTopology(65536, 1, 1, 2, 1));
        Assert.Throws<ArgumentOutOfRangeException>(
            () => new CpuTopology(int.MaxValue, int.MaxValue, int.MaxValue, int.MaxValue, int.MaxValue));
        Assert.Throws<ArgumentOutOfRangeException>(() => new CpuTopology(1, 1, 1, 2, 1).ApicId(2));
        Assert.Equal(65536, new CpuTopology(65536, 1, 1, 1, 1).Total);
    }

    [Fact]
    public void Equals_SameCounts_IsEqual() =>
        Assert.Equal(new CpuTopology(2, 1, 1, 4, 2), new CpuTopology(2, 1, 1, 4, 2));
}
