using Limber.Config;
using Limber.Config.Devices;
using Limber.Cpu;

namespace Limber.CommandLine.Tests;

public sealed class CloudHypervisorTests
{
    private const string Base = "limber --kernel k ";

    [Fact]
    public void Parse_KernelOnly_HasTheDefaults()
    {
        VmConfig config = CommandLines.Run("limber --kernel k");

        Assert.Equal((1, 1), (config.Cpus.Boot, config.Cpus.Max));
        Assert.Equal(new MemoryConfig(512UL << 20), config.Memory);
        Assert.Equal([new ChardevConfig.Null()], config.Serials);
        Assert.Null(config.ApiSocket);
        Assert.False(config.NoShutdown);
    }

    [Theory]
    [InlineData("--cpus max=8", 1, 8, 1, 1, 8, 1)]
    [InlineData("--cpus boot=2", 2, 2, 1, 1, 2, 1)]
    [InlineData("--cpus=boot=4,max=8,topology=2:2:1:2", 4, 8, 2, 1, 2, 2)]
    [InlineData("--cpus boot=1,max=,kvm_hyperv=off,nested=on,core_scheduling=off,profile=host", 1, 1, 1, 1, 1, 1)]
    public void Parse_Cpus_Accepts(string line, int boot, int max, int packages, int dies, int cores, int threads)
    {
        CpuConfig cpus = CommandLines.Run(Base + line).Cpus;

        Assert.Equal((boot, max), (cpus.Boot, cpus.Max));
        Assert.Equal(new CpuTopology(packages, dies, 1, cores, threads), cpus.Topology);
    }

    [Theory]
    [InlineData("--memory size=1G,shared=on", 1UL << 30, true)]
    [InlineData("--memory size=1073741824", 1UL << 30, false)]
    [InlineData("--memory size=524288K,hotplug_method=acpi,thp=on,hugepages=OFF", 512UL << 20, false)]
    [InlineData("--memory shared=true", 512UL << 20, true)]
    public void Parse_Memory_Accepts(string line, ulong size, bool shared) =>
        Assert.Equal(new MemoryConfig(size, shared), CommandLines.Run(Base + line).Memory);

    public static TheoryData<string, ChardevConfig?[]> SerialForms => new()
    {
        { "tty", [new ChardevConfig.Stdio()] },
        { "null", [new ChardevConfig.Null()] },
        { "off", [] },
        { "pty", [new ChardevConfig.Pty()] },
        { "file=out", [new ChardevConfig.File("out")] },
        { "file=\"a,b\"", [new ChardevConfig.File("a,b")] },
        { "socket=s", [new ChardevConfig.UnixSocket("s", true, false)] },
    };

    [Theory]
    [MemberData(nameof(SerialForms))]
    public void Parse_Serial_TakesEveryForm(string form, ChardevConfig?[] expected) =>
        Assert.Equal(expected, CommandLines.Run(Base + $"--console off --serial '{form}'").Serials);

    [Theory]
    [InlineData("--api-socket /run/s")]
    [InlineData("--api-socket path=/run/s")]
    [InlineData("--api-socket=/run/s")]
    public void Parse_ApiSocket_TakesBothForms(string line) =>
        Assert.Equal("/run/s", CommandLines.Run(Base + line).ApiSocket);

    [Theory]
    [InlineData("", 0)]
    [InlineData("-v", 1)]
    [InlineData("-vv", 2)]
    [InlineData("-v -v -v -v", 3)]
    public void Parse_Verbosity_Counts(string line, int expected) =>
        Assert.Equal(
            expected, Assert.IsType<CommandLineResult.Run>(CommandLines.Parse(Base + line)).LogVerbosity);

    [Theory]
    [InlineData("--cpus boot=5,max=4", "--cpus boot=5,max=4: ")]
    [InlineData("--cpus boot=0", "boot=0 is not a number from 1 to 4096")]
    [InlineData("--cpus boot=x", "boot=x is not a number from 1 to 4096")]
    [InlineData("--cpus max=99999999999", "max=99999999999 is not a number from 1 to 4096")]
    [InlineData("--cpus boot=8,topology=1:2:1:2", "--cpus boot=8,topology=1:2:1:2: ")]
    [InlineData("--cpus boot=4,topology=4:1:1:1", "--cpus boot=4,topology=4:1:1:1: ")]
    [InlineData("--cpus boot=4,topology=1:1", "--cpus boot=4,topology=1:1: ")]
    [InlineData("--cpus boot=1,affinity=[0@[1,2]]", "affinity=[0@[1,2]]: not built yet")]
    [InlineData("--cpus boot=1,kvm_hyperv=on", "kvm_hyperv: not built yet")]
    [InlineData("--cpus 4", "unknown option '4'")]
    [InlineData("--cpus boot", "'boot' needs a value")]
    [InlineData("--cpus foo=1", "unknown option 'foo'")]
    [InlineData("--cpus boot=1,affinity=[0@[1]", "quotes or brackets do not match")]
    [InlineData("--memory size=1T", "size=1T is not a number below 2^64 with an optional suffix K, M or G")]
    [InlineData("--memory size=99999999999G", "size=99999999999G is not a number below 2^64 with an optional suffix K, M or G")]
    [InlineData("--memory size=0", "size 0 means memory zones, and there are none")]
    [InlineData("--memory size=1000", "size must be a multiple of 4096 bytes")]
    [InlineData("--memory size=1G,mergeable=on", "mergeable=on: not built yet")]
    [InlineData("--memory size=1G,shared=maybe", "shared=maybe is not on or off")]
    [InlineData("--serial foo", "unknown option 'foo'")]
    [InlineData("--serial tty,null", "expected one of off, null, pty, tty, file=PATH, socket=PATH")]
    [InlineData("--serial file=", "the path is empty")]
    [InlineData("--serial tty", "--console tty, the default: --serial has the terminal; say --console off, or give one of them another mode")]
    [InlineData("--serial tty --console tty", "--console tty: --serial has the terminal")]
    [InlineData("--console socket=/s", "unknown option 'socket'")]
    [InlineData("--console tty,iommu=on", "iommu=on: not built yet")]
    [InlineData("--console tty,id=__c", "ids that begin with __ are reserved")]
    [InlineData("--watchdog", "--watchdog: not built yet")]
    [InlineData("--seccomp true", "--seccomp true: not built yet (supported: false)")]
    [InlineData("--api-socket fd=3", "--api-socket fd=3: not built yet (supported: path=PATH)")]
    [InlineData("--foo", "unexpected argument '--foo' found")]
    [InlineData("stray", "unexpected argument 'stray' found")]
    [InlineData("--cmdline", "a value is required for '--cmdline <cmdline>' but none was supplied")]
    [InlineData("--cpus boot=1 --cpus boot=2", "the argument '--cpus' cannot be used multiple times")]
    [InlineData("--no-shutdown=1", "unexpected value '1' for '--no-shutdown' found")]
    public void Parse_Refuses(string line, string expected)
    {
        string error = CommandLines.Error("limber cloud-hypervisor --kernel k " + line);

        Assert.StartsWith("limber: ", error);
        Assert.Contains(expected, error);
    }

    [Theory]
    [InlineData("--api-socket s --no-shutdown", "--no-shutdown: a virtual machine needs --kernel")]
    [InlineData("--seccomp false", "--seccomp: a virtual machine needs --kernel")]
    [InlineData("--cpus boot=1 --api-socket s", "--cpus: a virtual machine needs --kernel")]
    [InlineData("--firmware f", "--firmware f: not built yet")]
    public void Parse_WithoutKernel_IsRefused(string line, string expected) =>
        Assert.Contains(expected, CommandLines.Error("cloud-hypervisor " + line));

    [Fact]
    public void Console_IsTheFirstDevice_OnTheTerminalUnlessToldOtherwise()
    {
        static ConsoleDeviceConfig? Console(string line) =>
            CommandLines.Run("cloud-hypervisor --kernel k --disk path=d " + line).PciDevices[0] as ConsoleDeviceConfig;

        ConsoleDeviceConfig? console = Console("");
        Assert.Equal((true, "__console"), (console!.IsSingleConsole, console.Id));
        Assert.Equal(new ConsolePortConfig { Number = 0, IsConsole = true, Backend = new ChardevConfig.Stdio() }, Assert.Single(console.Ports));
        Assert.Equal(new ChardevConfig.File("/f"), Console("--console file=/f --serial tty")!.Ports[0].Backend);
        Assert.Equal(new ChardevConfig.Pty(), Console("--console pty")!.Ports[0].Backend);
        Assert.Equal(new ChardevConfig.Null(), Console("--console null")!.Ports[0].Backend);
        Assert.Equal(("con", 9), (Console("--console tty,id=con,pci_device_id=9")!.Id, Console("--console tty,id=con,pci_device_id=9")!.Slot));
        Assert.Null(Console("--console off"));
    }

    [Theory]
    [InlineData("cloud-hypervisor --api-socket s")]
    [InlineData("limber cloud-hypervisor --api-socket path=s --seccomp false -v")]
    public void ApiSocketAlone_WaitsForAMachine(string line) =>
        Assert.Equal("s", Assert.IsType<CommandLineResult.Serve>(CommandLines.Parse(line)).ApiSocket);
}
