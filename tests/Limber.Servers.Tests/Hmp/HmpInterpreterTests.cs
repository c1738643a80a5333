using System.Linq;
using Limber.Control;
using Limber.Cpu;
using Limber.Servers.Hmp;
using Limber.Servers.Tests.Support;

namespace Limber.Servers.Tests.Hmp;

public sealed class HmpInterpreterTests
{
    [Theory]
    [InlineData("", "")]
    [InlineData("  info   status  ", "VM status: paused (prelaunch)\n")]
    [InlineData("foo", "unknown command: 'foo'\n")]
    [InlineData("Info status", "unknown command: 'Info'\n")]
    [InlineData("info foo", "unknown command: 'info foo'\n")]
    [InlineData("info status x", "status: extraneous characters at the end of line\nTry \"help info status\" for more information\n")]
    [InlineData("info kvm", "kvm support: enabled\n")]
    [InlineData("info name", "")]
    [InlineData("info uuid", "00000000-0000-0000-0000-000000000000\n")]
    [InlineData("info version", "10.0.2Limber 0.1.0\n")]
    [InlineData("info cpus", "* CPU #0: thread_id=100\n")]
    [InlineData("info registers -x", "registers: unsupported option '-x': info registers [-a]\nTry \"help info registers\" for more information\n")]
    [InlineData("device_add", "Error: Parameter 'driver' is missing\n")]
    [InlineData("device_add ,id=x", "Error: '' is not a valid device model name\n")]
    [InlineData("device_add nosuch", "Error: 'nosuch' is not a valid device model name\n")]
    [InlineData("device_add qemu64-x86_64-cpu,id=c1,socket-id=1", "Error: CPU core-id is not set\n")]
    [InlineData("device_add qemu64-x86_64-cpu,socket-id=x", "Error: Parameter 'socket-id' expects integer\n")]
    [InlineData("device_add qemu64-x86_64-cpu,id=2c,socket-id=2", "Try \"help device_add\" for more information\n")]
    [InlineData("device_add qemu64-x86_64-cpu id=c2", "device_add: extraneous characters at the end of line\nTry \"help device_add\" for more information\n")]
    [InlineData("device_add a,,b", "Error: 'a,b' is not a valid device model name\n")]
    [InlineData("device_del", "device_del: string expected\nTry \"help device_del\" for more information\n")]
    [InlineData("device_del \"c1", "device_del: string expected\nTry \"help device_del\" for more information\n")]
    [InlineData("device_del c1 extra", "device_del: extraneous characters at the end of line\nTry \"help device_del\" for more information\n")]
    [InlineData("device_del nosuch", "Error: Device 'nosuch' not found\n")]
    [InlineData("device_del \"no such\"", "Error: Device 'no such' not found\n")]
    [InlineData("cpu-add x", "cpu-add: integer expected\nTry \"help cpu-add\" for more information\n")]
    [InlineData("cpu-add 9", "Error: Unable to add CPU: 9, max allowed: 5\n")]
    [InlineData("stop now", "stop|s: extraneous characters at the end of line\nTry \"help stop\" for more information\n")]
    [InlineData("q now", "quit|q: extraneous characters at the end of line\nTry \"help q\" for more information\n")]
    [InlineData("system_reset now", "system_reset: extraneous characters at the end of line\nTry \"help system_reset\" for more information\n")]
    [InlineData("help device_add", "device_add driver[,prop=value][,...] -- add device, like -device on the command line\n")]
    [InlineData("help device_del", "device_del device -- remove device\n")]
    [InlineData("? stop", "stop|s  -- stop emulation\n")]
    [InlineData("help nosuch", "unknown command: 'nosuch'\n")]
    [InlineData("help info status", "info status  -- show the current VM status (running|paused)\n")]
    public void Run_Line_PrintsExactly(string line, string expected)
    {
        using MonitorServices services = new(new FakeVirtualMachine());
        Assert.Equal(expected, services.Hmp.Run(line));
    }

    [Fact]
    public void Run_InfoRegisters_PrintsTheChosenProcessorOrAll()
    {
        using MonitorServices services = new(new FakeVirtualMachine());
        Assert.Equal(string.Empty, services.Hmp.Run("cpu-add 3"));
        string one = services.Hmp.Run("info registers");
        Assert.StartsWith(
            "\nCPU#0\nRAX=0000000000000100 RBX=0000000000000103 RCX=0000000000000101 RDX=0000000000000102\n"
            + "RSI=0000000000000106 RDI=0000000000000107 RBP=0000000000000105 RSP=0000000000000104\nR8 =0000000000000108 ", one);
        Assert.Contains("\nRIP=ffffffff81000000 RFL=00000246 CPL=0 HLT=1\n", one);
        Assert.DoesNotContain("CPU#3", one);
        Assert.Contains("\nCPU#3\n", services.Hmp.Run("info registers -a"));
    }

    [Fact]
    public void Run_Cpu_ChoosesForTheSession()
    {
        FakeVirtualMachine machine = new();
        using MonitorServices services = new(machine);
        HmpFocus focus = new();
        Assert.Equal(string.Empty, services.Hmp.Run("cpu-add 3", focus));
        Assert.Equal("invalid CPU index\n", services.Hmp.Run("cpu 2", focus));
        Assert.Equal(string.Empty, services.Hmp.Run("cpu 3", focus));
        Assert.StartsWith("  CPU #0: thread_id=", services.Hmp.Run("info cpus", focus));
        Assert.Contains("\n* CPU #3: thread_id=", services.Hmp.Run("info cpus", focus));
        Assert.StartsWith("* CPU #0: thread_id=", services.Hmp.Run("info cpus"));
    }

    [Theory]
    [InlineData("device_add qemu64-x86_64-cpu,id=c1,socket-id=1,core-id=0,thread-id=0", 2)]
    [InlineData("device_add driver=qemu64-x86_64-cpu,id=c1,socket-id=1,core-id=0,thread-id=0", 2)]
    [InlineData("device_add generic-x86-cpu,id=c1,cpu-id=4", 4)]
    [InlineData("cpu-add 3", 3)]
    public void Run_DeviceAdd_Plugs(string line, int slot)
    {
        FakeVirtualMachine machine = new();
        using MonitorServices services = new(machine);
        Assert.Equal(string.Empty, services.Hmp.Run(line));
        Assert.NotNull(machine.GetCpuSlots()[slot].Occupant);
        Assert.NotEqual(string.Empty, services.Hmp.Run(line));
    }

    [Fact]
    public void Run_StopAndCont_ByAllNames()
    {
        FakeVirtualMachine machine = new();
        using MonitorServices services = new(machine);
        foreach ((string line, RunState state) in new[] { ("c", RunState.Running), ("s", RunState.Paused), ("cont", RunState.Running), ("stop", RunState.Paused) })
        {
            Assert.Equal(string.Empty, services.Hmp.Run(line));
            Assert.Equal(state, machine.State);
        }

        Assert.Equal("VM status: paused\n", services.Hmp.Run("info status"));
    }

    [Fact]
    public void InfoHotpluggableCpus_ShowsEverySlot()
    {
        FakeVirtualMachine machine = new(new CpuTopology(1, 2, 1, 1, 1));
        using MonitorServices services = new(machine);
        const string Properties = "  CPUInstance Properties:\n    socket-id: \"0\"\n    die-id: \"{0}\"\n    core-id: \"0\"\n    thread-id: \"0\"\n";
        Assert.Equal(
            "Hotpluggable CPUs:\n"
            + "  type: \"qemu64-x86_64-cpu\"\n  vcpus_count: \"1\"\n" + Properties.Replace("{0}", "1")
            + "  type: \"qemu64-x86_64-cpu\"\n  vcpus_count: \"1\"\n  qom_path: \"/machine/unattached/device[0]\"\n" + Properties.Replace("{0}", "0"),
            services.Hmp.Run("info hotpluggable-cpus"));
    }

    [Fact]
    public void InfoOperations_TellsHowTheyStand()
    {
        FakeVirtualMachine machine = new();
        using MonitorServices services = new(machine);
        machine.PlugCpus([new CpuPlugRequest(2, "c1")]);
        machine.Operations[0].MoveTo(OperationState.TimedOut, "no answer");
        Assert.Equal("#1 cpu-plug CPU 2 c1: timed-out (no answer)\n", services.Hmp.Run("info operations"));
    }

    [Fact]
    public void Help_ListsEveryCommandOnALine()
    {
        using MonitorServices services = new(new FakeVirtualMachine());
        string[] lines = services.Hmp.Run("help").Split('\n');
        Assert.Contains("quit|q  -- quit the emulator", lines);
        Assert.Contains("help|? [cmd] -- show the help", lines);
        Assert.Equal(services.Hmp.Run("info"), services.Hmp.Run("help info"));
        Assert.StartsWith("info balloon  -- show balloon information\n", services.Hmp.Run("info"));
    }

    [Fact]
    public void DeviceAddHelp_ListsTypesOrProperties()
    {
        using MonitorServices services = new(new FakeVirtualMachine());
        Assert.Contains("name \"qemu64-x86_64-cpu\"", services.Hmp.Run("device_add help"));
        Assert.Contains("  core-id=<int32>        -  (default: -1)\n", services.Hmp.Run("device_add qemu64-x86_64-cpu,help"));
    }

    [Theory]
    [InlineData("info hot", "hotpluggable-cpus")]
    [InlineData("device_add qemu64", "qemu64-x86_64-cpu")]
    [InlineData("device_del ", "c1 c2")]
    [InlineData("dev", "device_add device_del")]
    [InlineData("help info st", "status")]
    [InlineData("device_del c1 ", "")]
    public void Complete_Word_OffersCandidates(string typed, string expected)
    {
        FakeVirtualMachine machine = new();
        using MonitorServices services = new(machine);
        machine.PlugCpus([new CpuPlugRequest(2, "c1"), new CpuPlugRequest(3, "c2")]);
        Assert.Equal(expected, string.Join(' ', services.Hmp.Complete(typed).Candidates.Order()));
    }
}
