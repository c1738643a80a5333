namespace Limber.CommandLine.Tests;

/// <summary>Rows of the transcript of QEMU 10.0 about <c>-m</c>.</summary>
public sealed class QemuMemoryTests
{
    [Theory]
    [InlineData("", 134217728UL)]
    [InlineData("-m 128", 134217728UL)]
    [InlineData("-m 128M", 134217728UL)]
    [InlineData("-m 1G", 1073741824UL)]
    [InlineData("-m size=1G", 1073741824UL)]
    [InlineData("-m 1G,maxmem=1G", 1073741824UL)]
    [InlineData("-m 1G,slots=0,maxmem=1G", 1073741824UL)]
    [InlineData("-m 0", 134217728UL)]
    [InlineData("-m ''", 134217728UL)]
    [InlineData("-m 1.5G", 1610612736UL)]
    [InlineData("-m 1k", 8192UL)]
    [InlineData("-m 128b", 8192UL)]
    [InlineData("-m 128K", 131072UL)]
    [InlineData("-m 130000K", 133120000UL)]
    [InlineData("-m 0x80", 134217728UL)]
    [InlineData("-m 2T", 2199023255552UL)]
    [InlineData("-m 512 -m 1G", 1073741824UL)]
    [InlineData("-m 256M -m maxmem=256M", 268435456UL)]
    public void Parse_Accepts(string line, ulong size) =>
        Assert.Equal(size, CommandLines.Run("limber -M q35 " + line).Memory.Size);

    [Theory]
    [InlineData("-m 1G,slots=2", "slots specified but no max-size")]
    [InlineData("-m 1G,slots=2,maxmem=1G", "invalid value of maxmem: memory slots were specified but maximum memory size (0x40000000) is equal to the initial memory size (0x40000000)")]
    [InlineData("-m 1G,maxmem=512M", "invalid value of maxmem: maximum memory size (0x20000000) must be at least the initial memory size (0x40000000)")]
    [InlineData("-m 1G,slots=257,maxmem=4G", "unsupported amount of memory slots: 257")]
    [InlineData("-m 1G,slots=-1,maxmem=2G", "unsupported amount of memory slots: 18446744073709551615")]
    [InlineData("-m 1G,slots=x,maxmem=4G", "-m 1G,slots=x,maxmem=4G: Parameter 'slots' expects a number")]
    [InlineData("-m abc", "-m abc: Parameter 'size' expects a non-negative number below 2^64")]
    [InlineData("-m 1T0", "-m 1T0: Parameter 'size' expects a non-negative number below 2^64")]
    [InlineData("-m size=", "-m size=: Parameter 'size' expects a non-negative number below 2^64")]
    [InlineData("-m 0x10M", "-m 0x10M: Parameter 'size' expects a non-negative number below 2^64")]
    [InlineData("-m 1.5b", "-m 1.5b: Parameter 'size' expects a non-negative number below 2^64")]
    [InlineData("-m 1G,maxmem=", "-m 1G,maxmem=: Parameter 'maxmem' expects a non-negative number below 2^64")]
    [InlineData("-m -1", "-m -1: Value '-1' is out of range for parameter 'size'")]
    [InlineData("-m 16E", "-m 16E: Value '16E' is out of range for parameter 'size'")]
    [InlineData("-m 99999999999999999999999999", "-m 99999999999999999999999999: Value '99999999999999999999999999' is out of range for parameter 'size'")]
    [InlineData("-m foo=1", "-m foo=1: Invalid parameter 'foo'")]
    [InlineData("-m 1G,foo=1", "-m 1G,foo=1: Invalid parameter 'foo'")]
    [InlineData("-m", "-m: requires an argument")]
    public void Parse_Refuses(string line, string expected) =>
        Assert.Equal("limber: " + expected, CommandLines.Error("limber -M q35 " + line));
}
