namespace Limber.Cpu.Tests;

public sealed class OtherSmpTests
{
    [Theory]
    [InlineData("2,maxcpus=8", "2 8 1/1/1/8/1")]
    [InlineData("4", "4 4 1/1/1/4/1")]
    [InlineData("1,maxcpus=0,sockets=2,cores=2,threads=2", "1 8 2/1/1/2/2")]
    [InlineData("1,maxcpus=16,dies=2,cores=4", "1 16 2/2/1/4/1")]
    [InlineData("1,maxcpus=16,sockets=1,clusters=2,cores=4", "1 16 1/1/2/4/2")]
    [InlineData("254", "254 254 1/1/1/254/1")]
    public void StratoVirt_Valid_FillsInCoresFirst(string option, string expected) =>
        Assert.Equal(expected, Show(StratoVirtSmpResolver.Resolve(Options.Split(option))));

    [Theory]
    [InlineData("2,maxcpus=8,sockets=3", "sockets * dies * clusters * cores * threads must be equal to max_cpus")]
    [InlineData("8,maxcpus=4", "MAX CPU number must >= 8 and <= 254.")]
    [InlineData("1,maxcpus=255", "MAX CPU number must >= 1 and <= 254.")]
    [InlineData("1,sockets=255,dies=255,clusters=255,cores=255,threads=255", "MAX CPU number must >= 1 and <= 254.")]
    [InlineData("255", "Invalid value for 'cpus': 255 is not in 1..=254")]
    [InlineData("0", "Invalid value for 'cpus': 0 is not in 1..=254")]
    [InlineData("maxcpus=4", "Invalid value for 'cpus': 0 is not in 1..=254")]
    [InlineData("256", "Invalid value '256' for -smp parameter 'cpus': must be a number up to 255")]
    [InlineData("-1", "Invalid value '-1' for -smp parameter 'cpus': must be a number up to 255")]
    [InlineData("1,modules=1", "unknown -smp parameter 'modules'")]
    public void StratoVirt_Invalid_GivesAMessage(string option, string expected) =>
        Assert.Equal(
            expected,
            Assert.Throws<SmpException>(() => StratoVirtSmpResolver.Resolve(Options.Split(option))).Message);

    [Theory]
    [InlineData(1, 8, null, "1 8 1/1/1/8/1")]
    [InlineData(4, 16, "2:4:1:2", "4 16 2/1/1/4/2")]
    [InlineData(1, 12, "1:3:2:2", "1 12 2/2/1/3/1")]
    public void CloudHypervisor_Valid_MapsTheFourCounts(int boot, int max, string? topology, string expected) =>
        Assert.Equal(expected, Show(CloudHypervisorTopology.Resolve(boot, max, topology)));

    [Theory]
    [InlineData(0, 8, null, "boot CPU count 0 must be at least 1")]
    [InlineData(9, 8, null, "maximum CPU count 8 is lower than the boot CPU count 9")]
    [InlineData(1, 4294967296, null, "maximum CPU count 4294967296 exceeds 65536")]
    [InlineData(1, 8, "1:2:2", "CPU topology '1:2:2' must be threads_per_core:cores_per_die:dies_per_package:packages")]
    [InlineData(1, 8, "1:2:2:0", "'0' in CPU topology '1:2:2:0' must be a number from 1 to 65535")]
    [InlineData(1, 8, "1:2:2:x", "'x' in CPU topology '1:2:2:x' must be a number from 1 to 65535")]
    [InlineData(1, 8, "1:2:2:4", "product 16 of CPU topology '1:2:2:4' must equal the maximum CPU count 8")]
    [InlineData(1, 8, "65535:65535:65535:65535", "product 18445618199572250625 of CPU topology '65535:65535:65535:65535' must equal the maximum CPU count 8")]
    [InlineData(1, 8, "4:2:1:1", "4 threads per core in CPU topology '4:2:1:1' exceed 2")]
    public void CloudHypervisor_Invalid_GivesAMessage(long boot, long max, string? topology, string expected) =>
        Assert.Equal(
            expected,
            Assert.Throws<SmpException>(() => CloudHypervisorTopology.Resolve(boot, max, topology)).Message);

    [Theory]
    [InlineData("0x4", 4)]
    [InlineData("0X1f", 31)]
    [InlineData("+4", 4)]
    [InlineData(" \t4", 4)]
    [InlineData("-1", -1)]
    [InlineData("010", 8)]
    [InlineData("0", 0)]
    [InlineData("-0x10", -16)]
    [InlineData("9223372036854775807", long.MaxValue)]
    [InlineData("-9223372036854775808", long.MinValue)]
    public void QemuInteger_Valid_IsParsed(string text, long expected)
    {
        Assert.True(QemuInteger.TryParse(text, out long value));
        Assert.Equal(expected, value);
    }

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("4 ")]
    [InlineData("4k")]
    [InlineData("1.5")]
    [InlineData("0x")]
    [InlineData("08")]
    [InlineData("--1")]
    [InlineData("+ 1")]
    [InlineData("9223372036854775808")]
    [InlineData("-9223372036854775809")]
    [InlineData("0xffffffffffffffffffffffffffffffffffffffff")]
    [InlineData("٤")]
    public void QemuInteger_Invalid_IsRefused(string text) => Assert.False(QemuInteger.TryParse(text, out _));

    private static string Show(SmpConfiguration c) =>
        $"{c.Cpus} {c.MaxCpus} {c.Topology.Sockets}/{c.Topology.Dies}/{c.Topology.Modules}/{c.Topology.Cores}/{c.Topology.Threads}";
}
