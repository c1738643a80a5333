using System;
using System.Linq;
using Limber.Memory;

namespace Limber.Boot.Tests;

public sealed class E820MapTests
{
    private const ulong MiB = TestMachine.MiB;

    [Theory]
    [InlineData(2, 2, 0)]
    [InlineData(3072, 3072, 0)]
    [InlineData(3073, 3072, 1)]
    [InlineData(16384, 3072, 13312)]
    public void Layout_SplitsAtThreeGibibytes(ulong size, ulong low, ulong high)
    {
        MemoryLayout layout = MemoryLayout.For(size * MiB);
        Assert.Equal(new GuestRange(new GuestAddress(0), low * MiB), layout.Low);
        Assert.Equal(new GuestRange(new GuestAddress(0x1_0000_0000), high * MiB), layout.High);
        Assert.Equal(high == 0 ? 1 : 2, layout.Ranges.Length);
    }

    [Theory]
    [InlineData(0, "memory of 0 bytes is outside of 2097152 to 4503598553628672 bytes")]
    [InlineData(ulong.MaxValue, "memory of 18446744073709551615 bytes is outside of 2097152 to 4503598553628672 bytes")]
    [InlineData((2UL << 20) + 1, "memory of 2097153 bytes is not a multiple of 4096 bytes")]
    public void Layout_BadSize_IsRefused(ulong size, string message) =>
        Assert.Equal(message, Assert.Throws<BootException>(() => MemoryLayout.For(size)).Message);

    [Fact]
    public void Layout_Largest_EndsAtTheLastPhysicalAddress() =>
        Assert.Equal(1UL << 52, MemoryLayout.For(MemoryLayout.MaximumSize).High.End.Value);

    [Fact]
    public void For_Layout_HasTheEntriesOfAPc()
    {
        E820Map map = E820Map.For(MemoryLayout.For(4096 * MiB));
        Assert.Equal(
            [
                "[0x0, 0x9fc00) Ram", "[0x9fc00, 0xa0000) Reserved", "[0xa0000, 0x100000) Reserved",
                "[0x100000, 0xc0000000) Ram", "[0x100000000, 0x140000000) Ram",
            ],
            map.Entries.Select(entry => $"{entry.Range} {entry.Type}"));
    }

    [Fact]
    public void Reserve_RandomCarveOuts_MatchAModelOfPages()
    {
        const int pages = 2048;
        for (int seed = 0; seed < 100; seed++)
        {
            Random random = new(seed);
            E820Map map = E820Map.For(MemoryLayout.For(4 * MiB));
            E820Type[] model = new E820Type[pages];
            foreach (E820Entry entry in map.Entries)
            {
                Paint(model, entry);
            }

            for (int i = random.Next(1, 30); i > 0; i--)
            {
                int start = random.Next(0x100, pages - 1);
                GuestRange range = new(new GuestAddress((ulong)start * 4096), (ulong)random.Next(1, int.Min(200, pages - start)) * 4096);
                E820Type type = (E820Type)random.Next(2, 5);
                map = map.Reserve(range, type);
                Paint(model, new E820Entry(range, type));
            }

            AssertMatches(map, model);
        }
    }

    [Fact]
    public void Reserve_TooManyEntries_IsRefused()
    {
        E820Map map = E820Map.For(MemoryLayout.For(64 * MiB));
        ulong address = 2 * MiB;
        while (map.Entries.Length + 2 <= E820Map.MaxEntries)
        {
            map = map.Reserve(new GuestRange(new GuestAddress(address), 4096), E820Type.Nvs);
            address += 8192;
        }

        Assert.Equal(128, map.Entries.Length);
        BootException error = Assert.Throws<BootException>(() => map.Reserve(new GuestRange(new GuestAddress(address), 4096), E820Type.Nvs));
        Assert.Equal("memory map of 130 entries exceeds the limit of 128", error.Message);
    }

    [Theory]
    [InlineData(0x1000, 0, E820Type.Reserved)]
    [InlineData(ulong.MaxValue, 2, E820Type.Reserved)]
    [InlineData(0x1000, 0x1000, E820Type.Ram)]
    [InlineData(0x1000, 0x1000, (E820Type)9)]
    public void Reserve_Nonsense_IsRefused(ulong start, ulong length, E820Type type) =>
        Assert.Throws<ArgumentException>(
            () => E820Map.For(MemoryLayout.For(64 * MiB)).Reserve(new GuestRange(new GuestAddress(start), length), type));

    private static void Paint(E820Type[] model, E820Entry entry)
    {
        // Conventional memory ends inside a page; the model leaves that page out.
        for (ulong page = (entry.Range.Start.Value + 4095) / 4096; page < entry.Range.End.Value / 4096; page++)
        {
            model[page] = entry.Type;
        }
    }

    private static void AssertMatches(E820Map map, E820Type[] model)
    {
        Assert.All(map.Entries, entry => Assert.NotEqual(0UL, entry.Range.Length));
        for (int i = 1; i < map.Entries.Length; i++)
        {
            Assert.True(map.Entries[i - 1].Range.End <= map.Entries[i].Range.Start);
        }

        E820Type[] actual = new E820Type[model.Length];
        foreach (E820Entry entry in map.Entries)
        {
            Paint(actual, entry);
        }

        Assert.Equal(model, actual);
    }
}
