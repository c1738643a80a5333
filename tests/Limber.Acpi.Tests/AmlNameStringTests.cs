using System;
using System.Linq;
using System.Text;

namespace Limber.Acpi.Tests;

public sealed class AmlNameStringTests
{
    [Theory]
    [InlineData("A", "A___")]
    [InlineData("_SB", "_SB_")]
    [InlineData("CPUS", "CPUS")]
    [InlineData("C0FF", "C0FF")]
    [InlineData("\\", "\\\0")]
    [InlineData("^", "^\0")]
    [InlineData("^^ABCD", "^^ABCD")]
    [InlineData("\\_SB", "\\_SB_")]
    [InlineData("_SB.CPUS", "._SB_CPUS")]
    [InlineData("\\_SB.CPUS", "\\._SB_CPUS")]
    [InlineData("^^_SB.CPUS", "^^._SB_CPUS")]
    [InlineData("\\_SB.CPUS.C000", "\\/\u0003_SB_CPUSC000")]
    [InlineData("A.B.C.D", "/\u0004A___B___C___D___")]
    public void Encode_Path_IsNameString(string path, string expected) =>
        Assert.Equal(expected, Encoding.ASCII.GetString(AmlNameString.Encode(path)));

    [Theory]
    [InlineData("")]
    [InlineData("ABCDE")]
    [InlineData("abcd")]
    [InlineData("1ABC")]
    [InlineData("AB-C")]
    [InlineData("AB C")]
    [InlineData("ÄBC")]
    [InlineData("\\\\ABC")]
    [InlineData("\\^ABC")]
    [InlineData("^\\ABC")]
    [InlineData("A..B")]
    [InlineData(".A")]
    [InlineData("A.")]
    [InlineData("A^B")]
    public void Encode_NotAName_ThrowsWithThePath(string path)
    {
        ArgumentException e = Assert.Throws<ArgumentException>(() => AmlNameString.Encode(path));
        Assert.Contains(path, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Encode_255Segments_IsTheLimit()
    {
        byte[] bytes = AmlNameString.Encode(string.Join('.', Enumerable.Repeat("A", 255)));
        Assert.Equal([0x2F, 0xFF], bytes[..2]);
        Assert.Equal(2 + (255 * 4), bytes.Length);
        ArgumentException e = Assert.Throws<ArgumentException>(
            () => AmlNameString.Encode(string.Join('.', Enumerable.Repeat("A", 256))));
        Assert.Contains("256", e.Message, StringComparison.Ordinal);
    }
}
