using System.Collections.Generic;

namespace Limber.Cpu.Tests;

/// <summary>
/// Rows observed on QEMU 10.0.2: the option, and what its machine then reported or printed.
/// </summary>
public sealed class SmpResolverTests
{
    private static readonly Dictionary<string, SmpMachine> s_machines = new()
    {
        ["q35"] = new SmpMachine("pc-q35-10.0", 4096),
        ["pc"] = new SmpMachine("pc-i440fx-10.0", 255),
        ["pc-q35-6.1"] = new SmpMachine("pc-q35-6.1", 288) { PreferSockets = true },
        ["pc-i440fx-6.1"] = new SmpMachine("pc-i440fx-6.1", 255) { PreferSockets = true },
        ["microvm"] = new SmpMachine("microvm", 288) { SupportsDies = false, SupportsModules = false },
        ["none"] = new SmpMachine("none", 1),
        ["isapc"] = new SmpMachine("isapc", 1),
    };

    [Theory]
    // machine, option, then: cpus maxcpus sockets/dies/modules/cores/threads
    [InlineData("q35", "4", "4 4 1/1/1/4/1")]
    [InlineData("q35", "cpus=4", "4 4 1/1/1/4/1")]
    [InlineData("q35", "1,maxcpus=8", "1 8 1/1/1/8/1")]
    [InlineData("q35", "2,maxcpus=4,sockets=2", "2 4 2/1/1/2/1")]
    [InlineData("q35", "2,maxcpus=4,sockets=2,cores=2,threads=1", "2 4 2/1/1/2/1")]
    [InlineData("q35", "2,dies=2", "2 2 1/2/1/1/1")]
    [InlineData("q35", "2,clusters=1", "2 2 1/1/1/2/1")]
    [InlineData("q35", "2,modules=2", "2 2 1/1/2/1/1")]
    [InlineData("q35", "2,modules=1", "2 2 1/1/1/2/1")]
    [InlineData("q35", "2,drawers=1", "2 2 1/1/1/2/1")]
    [InlineData("q35", "2,books=1", "2 2 1/1/1/2/1")]
    [InlineData("q35", "", "1 1 1/1/1/1/1")]
    [InlineData("q35", "cpus=4,cpus=2", "2 2 1/1/1/2/1")]
    [InlineData("q35", "255", "255 255 1/1/1/255/1")]
    [InlineData("q35", "cpus=1,maxcpus=300", "1 300 1/1/1/300/1")]
    [InlineData("q35", "cpus=4294967297", "1 1 1/1/1/1/1")]
    [InlineData("q35", "0x4", "4 4 1/1/1/4/1")]
    [InlineData("q35", "sockets=2", "2 2 2/1/1/1/1")]
    [InlineData("q35", "cores=3", "3 3 1/1/1/3/1")]
    [InlineData("q35", "threads=2", "2 2 1/1/1/1/2")]
    [InlineData("q35", "sockets=2,cores=3,threads=2", "12 12 2/1/1/3/2")]
    [InlineData("q35", "8,sockets=2", "8 8 2/1/1/4/1")]
    [InlineData("q35", "8,cores=4", "8 8 2/1/1/4/1")]
    [InlineData("q35", "8,threads=2", "8 8 1/1/1/4/2")]
    [InlineData("q35", "8,maxcpus=16,threads=2", "8 16 1/1/1/8/2")]
    [InlineData("q35", "1,maxcpus=4,sockets=2,cores=2,threads=1,dies=1", "1 4 2/1/1/2/1")]
    [InlineData("q35", "4,sockets=1,dies=2,cores=2,threads=1", "4 4 1/2/1/2/1")]
    [InlineData("q35", " 4", "4 4 1/1/1/4/1")]
    [InlineData("q35", "+4", "4 4 1/1/1/4/1")]
    [InlineData("q35", "maxcpus=4294967296", "1 1 1/1/1/1/1")]
    [InlineData("pc", "4", "4 4 1/1/1/4/1")]
    [InlineData("pc", "255", "255 255 1/1/1/255/1")]
    [InlineData("pc", "2,modules=2", "2 2 1/1/2/1/1")]
    [InlineData("pc", "2,modules=1", "2 2 1/1/1/2/1")]
    [InlineData("pc", "2,clusters=1", "2 2 1/1/1/2/1")]
    [InlineData("pc", "2,dies=2", "2 2 1/2/1/1/1")]
    [InlineData("pc", "8", "8 8 1/1/1/8/1")]
    [InlineData("pc", "1,maxcpus=4", "1 4 1/1/1/4/1")]
    [InlineData("microvm", "4", "4 4 1/1/1/4/1")]
    [InlineData("microvm", "255", "255 255 1/1/1/255/1")]
    [InlineData("microvm", "2,modules=1", "2 2 1/1/1/2/1")]
    [InlineData("microvm", "2,clusters=1", "2 2 1/1/1/2/1")]
    [InlineData("microvm", "8", "8 8 1/1/1/8/1")]
    [InlineData("microvm", "1,maxcpus=4", "1 4 1/1/1/4/1")]
    [InlineData("pc-q35-6.1", "8", "8 8 8/1/1/1/1")]
    [InlineData("pc-q35-6.1", "8,threads=2", "8 8 4/1/1/1/2")]
    [InlineData("pc-q35-6.1", "8,maxcpus=16", "8 16 16/1/1/1/1")]
    [InlineData("pc-q35-6.1", "8,dies=2", "8 8 4/2/1/1/1")]
    [InlineData("pc-i440fx-6.1", "8", "8 8 8/1/1/1/1")]
    [InlineData("pc-i440fx-6.1", "8,threads=2", "8 8 4/1/1/1/2")]
    [InlineData("pc-i440fx-6.1", "8,maxcpus=16", "8 16 16/1/1/1/1")]
    [InlineData("pc-i440fx-6.1", "8,dies=2", "8 8 4/2/1/1/1")]
    [InlineData("q35", "cpus=2,maxcpus=4", "2 4 1/1/1/4/1")]
    [InlineData("q35", "2,4", "4 4 1/1/1/4/1")]
    [InlineData("q35", "2,maxcpus=8", "2 8 1/1/1/8/1")]
    [InlineData("none", "", "1 1 1/1/1/1/1")]
    [InlineData("isapc", "1", "1 1 1/1/1/1/1")]
    public void Resolve_Observed_GivesTheSameTopology(string machine, string option, string expected)
    {
        SmpConfiguration c = SmpResolver.Resolve(Options.Split(option), s_machines[machine]);
        CpuTopology t = c.Topology;

        Assert.Equal(expected, $"{c.Cpus} {c.MaxCpus} {t.Sockets}/{t.Dies}/{t.Modules}/{t.Cores}/{t.Threads}");
        Assert.Equal(c.MaxCpus, t.Total);
    }

    [Theory]
    [InlineData("q35", "4,maxcpus=2",
        "Invalid CPU topology: maxcpus must be equal to or greater than smp: sockets (1) * dies (1) * modules (1) * cores (2) * threads (1) == maxcpus (2) < smp_cpus (4)")]
    [InlineData("q35", "0",
        "Invalid CPU topology: CPU topology parameters must be greater than zero")]
    [InlineData("q35", "cpus=0",
        "Invalid CPU topology: CPU topology parameters must be greater than zero")]
    [InlineData("q35", "maxcpus=0",
        "Invalid CPU topology: CPU topology parameters must be greater than zero")]
    [InlineData("q35", "2,maxcpus=4,sockets=3",
        "Invalid CPU topology: product of the hierarchy must match maxcpus: sockets (3) * dies (1) * modules (1) * cores (1) * threads (1) != maxcpus (4)")]
    [InlineData("q35", "2,maxcpus=4,sockets=2,cores=2,threads=2",
        "Invalid CPU topology: product of the hierarchy must match maxcpus: sockets (2) * dies (1) * modules (1) * cores (2) * threads (2) != maxcpus (4)")]
    [InlineData("q35", "1,sockets=0",
        "Invalid CPU topology: CPU topology parameters must be greater than zero")]
    [InlineData("q35", "2,clusters=2",
        "clusters > 1 not supported by this machine's CPU topology")]
    [InlineData("q35", "2,drawers=2",
        "drawers > 1 not supported by this machine's CPU topology")]
    [InlineData("q35", "foo=1",
        "Parameter 'smp.foo' is unexpected")]
    [InlineData("q35", "abc",
        "Parameter 'smp.cpus' expects integer")]
    [InlineData("q35", "cpus=abc",
        "Parameter 'smp.cpus' expects integer")]
    [InlineData("q35", "cpus=-1",
        "Invalid SMP CPUs -1. The max CPUs supported by machine 'pc-q35-10.0' is 4096")]
    [InlineData("q35", "-1",
        "Invalid SMP CPUs -1. The max CPUs supported by machine 'pc-q35-10.0' is 4096")]
    [InlineData("q35", "1.5",
        "Parameter 'smp.cpus' expects integer")]
    [InlineData("q35", "99999999999999999999",
        "Parameter 'smp.cpus' expects integer")]
    [InlineData("q35", "4k",
        "Parameter 'smp.cpus' expects integer")]
    [InlineData("q35", "3,sockets=2",
        "Invalid CPU topology: product of the hierarchy must match maxcpus: sockets (2) * dies (1) * modules (1) * cores (1) * threads (1) != maxcpus (3)")]
    [InlineData("q35", "6,sockets=4",
        "Invalid CPU topology: product of the hierarchy must match maxcpus: sockets (4) * dies (1) * modules (1) * cores (1) * threads (1) != maxcpus (6)")]
    [InlineData("q35", "7,cores=2",
        "Invalid CPU topology: product of the hierarchy must match maxcpus: sockets (3) * dies (1) * modules (1) * cores (2) * threads (1) != maxcpus (7)")]
    [InlineData("q35", "5,threads=2",
        "Invalid CPU topology: product of the hierarchy must match maxcpus: sockets (1) * dies (1) * modules (1) * cores (2) * threads (2) != maxcpus (5)")]
    [InlineData("q35", "cores=0,maxcpus=4",
        "Invalid CPU topology: CPU topology parameters must be greater than zero")]
    [InlineData("q35", "on",
        "Parameter 'smp.cpus' expects integer")]
    [InlineData("q35", "cpus=4 ,maxcpus=8",
        "Parameter 'smp.cpus' expects integer")]
    [InlineData("q35", "4,SOCKETS=2",
        "Parameter 'smp.SOCKETS' is unexpected")]
    [InlineData("q35", "1,maxcpus=4,sockets=5",
        "Invalid CPU topology: product of the hierarchy must match maxcpus: sockets (5) * dies (1) * modules (1) * cores (0) * threads (1) != maxcpus (4)")]
    [InlineData("q35", "1,maxcpus=4,cores=8",
        "Invalid CPU topology: product of the hierarchy must match maxcpus: sockets (0) * dies (1) * modules (1) * cores (8) * threads (1) != maxcpus (4)")]
    [InlineData("pc", "256",
        "Invalid SMP CPUs 256. The max CPUs supported by machine 'pc-i440fx-10.0' is 255")]
    [InlineData("pc", "4096",
        "Invalid SMP CPUs 4096. The max CPUs supported by machine 'pc-i440fx-10.0' is 255")]
    [InlineData("pc", "4097",
        "Invalid SMP CPUs 4097. The max CPUs supported by machine 'pc-i440fx-10.0' is 255")]
    [InlineData("pc", "288",
        "Invalid SMP CPUs 288. The max CPUs supported by machine 'pc-i440fx-10.0' is 255")]
    [InlineData("pc", "289",
        "Invalid SMP CPUs 289. The max CPUs supported by machine 'pc-i440fx-10.0' is 255")]
    [InlineData("pc", "1,maxcpus=300",
        "Invalid SMP CPUs 300. The max CPUs supported by machine 'pc-i440fx-10.0' is 255")]
    [InlineData("pc", "2,clusters=2",
        "clusters > 1 not supported by this machine's CPU topology")]
    [InlineData("pc", "maxcpus=289",
        "Invalid SMP CPUs 289. The max CPUs supported by machine 'pc-i440fx-10.0' is 255")]
    [InlineData("microvm", "4096",
        "Invalid SMP CPUs 4096. The max CPUs supported by machine 'microvm' is 288")]
    [InlineData("microvm", "4097",
        "Invalid SMP CPUs 4097. The max CPUs supported by machine 'microvm' is 288")]
    [InlineData("microvm", "2,modules=2",
        "modules > 1 not supported by this machine's CPU topology")]
    [InlineData("microvm", "289",
        "Invalid SMP CPUs 289. The max CPUs supported by machine 'microvm' is 288")]
    [InlineData("microvm", "2,dies=2",
        "dies > 1 not supported by this machine's CPU topology")]
    [InlineData("microvm", "1,maxcpus=300",
        "Invalid SMP CPUs 300. The max CPUs supported by machine 'microvm' is 288")]
    [InlineData("microvm", "2,clusters=2",
        "clusters > 1 not supported by this machine's CPU topology")]
    [InlineData("microvm", "maxcpus=289",
        "Invalid SMP CPUs 289. The max CPUs supported by machine 'microvm' is 288")]
    [InlineData("none", "2",
        "Invalid SMP CPUs 2. The max CPUs supported by machine 'none' is 1")]
    [InlineData("isapc", "2",
        "Invalid SMP CPUs 2. The max CPUs supported by machine 'isapc' is 1")]
    public void Resolve_ObservedRefused_GivesTheSameMessage(string machine, string option, string expected)
    {
        SmpException e = Assert.Throws<SmpException>(() => SmpResolver.Resolve(Options.Split(option), s_machines[machine]));

        Assert.Equal(expected, e.Message);
    }

    [Theory]
    // Products beyond 32 and 64 bits, which stop the process that these rows were observed on.
    [InlineData("cpus=2,maxcpus=2,sockets=65536,cores=65536",
        "Invalid CPU topology: product of the hierarchy must match maxcpus: sockets (65536) * dies (1) * modules (1) * cores (65536) * threads (0) != maxcpus (2)")]
    [InlineData("cpus=2,sockets=-1,dies=-1,modules=-1,cores=-1,threads=-1",
        "Invalid CPU topology: product of the hierarchy must match maxcpus: sockets (4294967295) * dies (4294967295) * modules (4294967295) * cores (4294967295) * threads (4294967295) != maxcpus (2)")]
    [InlineData("sockets=65536,cores=65536",
        "Invalid SMP CPUs 4294967296. The max CPUs supported by machine 'pc-q35-10.0' is 4096")]
    [InlineData("sockets=-1,dies=-1,modules=-1,cores=-1,threads=-1",
        "Invalid SMP CPUs 18446744073709551615. The max CPUs supported by machine 'pc-q35-10.0' is 4096")]
    [InlineData("dies=4294967296,cpus=4097",
        "Invalid SMP CPUs 4097. The max CPUs supported by machine 'pc-q35-10.0' is 4096")]
    public void Resolve_HugeProducts_GiveAMessage(string option, string expected)
    {
        SmpException e = Assert.Throws<SmpException>(() => SmpResolver.Resolve(Options.Split(option), s_machines["q35"]));

        Assert.Equal(expected, e.Message);
    }

    [Fact]
    public void Resolve_LimitBeyondTopology_GivesAMessage()
    {
        SmpMachine machine = new("huge", uint.MaxValue);

        Assert.Equal(
            "Invalid SMP CPUs 4294967295. The max CPUs supported is 65536",
            Assert.Throws<SmpException>(() => SmpResolver.Resolve(Options.Split("-1"), machine)).Message);
    }

    [Fact]
    public void Resolve_BelowMachineMinimum_NamesIt()
    {
        SmpMachine machine = new("TEST-SMP", 4096) { MinCpus = 2 };

        Assert.Equal(
            "Invalid SMP CPUs 1. The min CPUs supported by machine 'TEST-SMP' is 2",
            Assert.Throws<SmpException>(() => SmpResolver.Resolve([], machine)).Message);
    }

    [Theory]
    [InlineData("cpus=8,foo=1,cores=x", "Parameter 'smp.cores' expects integer")]
    [InlineData("cpus=0,foo=1", "Parameter 'smp.foo' is unexpected")]
    [InlineData("modules=2,clusters=2,dies=2,books=2,drawers=2", "modules > 1 not supported by this machine's CPU topology")]
    [InlineData("clusters=2,dies=2,books=2,drawers=2", "clusters > 1 not supported by this machine's CPU topology")]
    [InlineData("dies=2,books=2,drawers=2", "dies > 1 not supported by this machine's CPU topology")]
    [InlineData("books=2,drawers=2", "books > 1 not supported by this machine's CPU topology")]
    public void Resolve_SeveralMistakes_ReportsTheFirstInOrder(string option, string expected) =>
        Assert.Equal(
            expected,
            Assert.Throws<SmpException>(() => SmpResolver.Resolve(Options.Split(option), s_machines["microvm"])).Message);
}
