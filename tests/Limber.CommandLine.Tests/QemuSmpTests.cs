using Limber.Config;
using Limber.Cpu;

namespace Limber.CommandLine.Tests;

/// <summary>Rows of the transcript of QEMU 10.0: what it accepts with which topology, and what it refuses how.</summary>
public sealed class QemuSmpTests
{
    [Theory]
    [InlineData("-M q35 -smp 4", 4, 4, 1, 1, 1, 4, 1)]
    [InlineData("-M q35 -smp cpus=4", 4, 4, 1, 1, 1, 4, 1)]
    [InlineData("-M q35 -smp 1,maxcpus=8", 1, 8, 1, 1, 1, 8, 1)]
    [InlineData("-M q35 -smp 2,maxcpus=4,sockets=2", 2, 4, 2, 1, 1, 2, 1)]
    [InlineData("-M q35 -smp 2,maxcpus=4,sockets=2,cores=2,threads=1", 2, 4, 2, 1, 1, 2, 1)]
    [InlineData("-M q35 -smp 2,dies=2", 2, 2, 1, 2, 1, 1, 1)]
    [InlineData("-M q35 -smp 2,clusters=1", 2, 2, 1, 1, 1, 2, 1)]
    [InlineData("-M q35 -smp 2,modules=2", 2, 2, 1, 1, 2, 1, 1)]
    [InlineData("-M q35 -smp 2,modules=1", 2, 2, 1, 1, 1, 2, 1)]
    [InlineData("-M q35 -smp 2,drawers=1", 2, 2, 1, 1, 1, 2, 1)]
    [InlineData("-M q35 -smp ''", 1, 1, 1, 1, 1, 1, 1)]
    [InlineData("-M q35", 1, 1, 1, 1, 1, 1, 1)]
    [InlineData("-M q35 -smp 4,", 4, 4, 1, 1, 1, 4, 1)]
    [InlineData("-M q35 -smp cpus=4,cpus=2", 2, 2, 1, 1, 1, 2, 1)]
    [InlineData("-M q35 -smp 255", 255, 255, 1, 1, 1, 255, 1)]
    [InlineData("-M q35 -smp cpus=1,maxcpus=300", 1, 300, 1, 1, 1, 300, 1)]
    [InlineData("-M q35 -smp cpus=4294967297", 1, 1, 1, 1, 1, 1, 1)]
    [InlineData("-M q35 -smp maxcpus=4294967296", 1, 1, 1, 1, 1, 1, 1)]
    [InlineData("-M q35 -smp 0x4", 4, 4, 1, 1, 1, 4, 1)]
    [InlineData("-M q35 -smp ' 4'", 4, 4, 1, 1, 1, 4, 1)]
    [InlineData("-M q35 -smp +4", 4, 4, 1, 1, 1, 4, 1)]
    [InlineData("-M q35 -smp sockets=2", 2, 2, 2, 1, 1, 1, 1)]
    [InlineData("-M q35 -smp sockets=2,cores=3,threads=2", 12, 12, 2, 1, 1, 3, 2)]
    [InlineData("-M q35 -smp 8,cores=4", 8, 8, 2, 1, 1, 4, 1)]
    [InlineData("-M q35 -smp 8,maxcpus=16,threads=2", 8, 16, 1, 1, 1, 8, 2)]
    [InlineData("-M pc -smp 255", 255, 255, 1, 1, 1, 255, 1)]
    [InlineData("-M pc -smp 2,dies=2", 2, 2, 1, 2, 1, 1, 1)]
    [InlineData("-M pc-q35-6.1 -smp 8", 8, 8, 8, 1, 1, 1, 1)]
    [InlineData("-M pc-q35-6.1 -smp 8,threads=2", 8, 8, 4, 1, 1, 1, 2)]
    [InlineData("-M pc-q35-6.1 -smp 8,dies=2", 8, 8, 4, 2, 1, 1, 1)]
    [InlineData("-M pc-i440fx-6.1 -smp 8,maxcpus=16", 8, 16, 16, 1, 1, 1, 1)]
    [InlineData("-M pc-q35-6.2 -smp 8", 8, 8, 1, 1, 1, 8, 1)]
    [InlineData("-M q35,smp.cpus=2,smp.maxcpus=4", 2, 4, 1, 1, 1, 4, 1)]
    [InlineData("-M q35 -smp 2 -smp 4", 4, 4, 1, 1, 1, 4, 1)]
    [InlineData("-M q35 -smp 2 -smp maxcpus=8", 2, 8, 1, 1, 1, 8, 1)]
    [InlineData("-smp 2 -M q35,smp.maxcpus=8", 2, 8, 1, 1, 1, 8, 1)]
    public void Parse_Accepts(
        string line, int cpus, int max, int sockets, int dies, int modules, int cores, int threads)
    {
        CpuConfig config = CommandLines.Run("limber " + line).Cpus;

        Assert.Equal((cpus, max), (config.Boot, config.Max));
        Assert.Equal(new CpuTopology(sockets, dies, modules, cores, threads), config.Topology);
    }

    [Theory]
    [InlineData("-M q35 -smp 4,maxcpus=2", "Invalid CPU topology: maxcpus must be equal to or greater than smp: sockets (1) * dies (1) * modules (1) * cores (2) * threads (1) == maxcpus (2) < smp_cpus (4)")]
    [InlineData("-M q35 -smp 0", "Invalid CPU topology: CPU topology parameters must be greater than zero")]
    [InlineData("-M q35 -smp maxcpus=0", "Invalid CPU topology: CPU topology parameters must be greater than zero")]
    [InlineData("-M q35 -smp 2,maxcpus=4,sockets=3", "Invalid CPU topology: product of the hierarchy must match maxcpus: sockets (3) * dies (1) * modules (1) * cores (1) * threads (1) != maxcpus (4)")]
    [InlineData("-M q35 -smp 2,clusters=2", "clusters > 1 not supported by this machine's CPU topology")]
    [InlineData("-M q35 -smp 2,drawers=2", "drawers > 1 not supported by this machine's CPU topology")]
    [InlineData("-M q35 -smp foo=1", "Parameter 'smp.foo' is unexpected")]
    [InlineData("-M q35,smp.foo=1", "Parameter 'smp.foo' is unexpected")]
    [InlineData("-M q35 -smp 4,SOCKETS=2", "Parameter 'smp.SOCKETS' is unexpected")]
    [InlineData("-M q35 -smp abc", "Parameter 'smp.cpus' expects integer")]
    [InlineData("-M q35 -smp on", "Parameter 'smp.cpus' expects integer")]
    [InlineData("-M q35 -smp 1.5", "Parameter 'smp.cpus' expects integer")]
    [InlineData("-M q35 -smp 4k", "Parameter 'smp.cpus' expects integer")]
    [InlineData("-M q35 -smp 'cpus=4 ,maxcpus=8'", "Parameter 'smp.cpus' expects integer")]
    [InlineData("-M q35 -smp 99999999999999999999", "Parameter 'smp.cpus' expects integer")]
    [InlineData("-M q35 -smp -1", "Invalid SMP CPUs -1. The max CPUs supported by machine 'pc-q35-10.0' is 4096")]
    [InlineData("-M q35 -smp 4,foo", "-smp 4,foo: Expected '=' after parameter 'foo'")]
    [InlineData("-M q35 -smp 4,maxcpus", "-smp 4,maxcpus: Expected '=' after parameter 'maxcpus'")]
    [InlineData("-M q35 -smp 4,,", "-smp 4,,: Invalid parameter ''")]
    [InlineData("-M q35 -smp 1,maxcpus=4,sockets=5", "Invalid CPU topology: product of the hierarchy must match maxcpus: sockets (5) * dies (1) * modules (1) * cores (0) * threads (1) != maxcpus (4)")]
    [InlineData("-M q35 -smp 1,maxcpus=5000", "Invalid SMP CPUs 5000. The max CPUs supported by machine 'pc-q35-10.0' is 4096")]
    [InlineData("-M pc -smp 256", "Invalid SMP CPUs 256. The max CPUs supported by machine 'pc-i440fx-10.0' is 255")]
    [InlineData("-M pc-i440fx-7.2 -smp 1,maxcpus=300", "Invalid SMP CPUs 300. The max CPUs supported by machine 'pc-i440fx-7.2' is 255")]
    [InlineData("-M pc-q35-7.2 -smp 289", "Invalid SMP CPUs 289. The max CPUs supported by machine 'pc-q35-7.2' is 288")]
    [InlineData("-M pc-q35-8.1 -smp 1025", "Invalid SMP CPUs 1025. The max CPUs supported by machine 'pc-q35-8.1' is 1024")]
    [InlineData("-smp", "-smp: requires an argument")]
    public void Parse_Refuses(string line, string expected)
    {
        Assert.Equal("limber: " + expected, CommandLines.Error("limber " + line));
        Assert.Equal("qemu-system-x86_64: " + expected, CommandLines.Error("/usr/bin/qemu-system-x86_64 " + line));
    }

    [Fact]
    public void Parse_ProductBeyond64Bits_IsAnError() =>
        Assert.Contains(
            "Invalid CPU topology", CommandLines.Error("limber -M q35 -smp cpus=2,maxcpus=2,sockets=65536,cores=65536"));

    [Theory]
    [InlineData("limber -smp help")]
    [InlineData("limber -smp ?")]
    [InlineData("limber -smp 4,help")]
    public void Parse_Help_ListsTheKeysSorted(string line) =>
        Assert.StartsWith("smp-opts options:\n  books=<num>\n  clusters=<num>\n", CommandLines.Print(line));
}
