using Limber.Config;
using Limber.Cpu;

namespace Limber.CommandLine.Tests;

/// <summary>The command lines that users copy from the documentation of the three systems.</summary>
public sealed class IssueCommandLineTests
{
    private const string Qemu = "limber -display none -no-user-config -m 2048 -nodefaults -monitor stdio "
        + "-machine pc,accel=kvm,usb=off -smp 1,maxcpus=2 -cpu IvyBridge-IBRS "
        + "-qmp unix:/tmp/qmp-sock,server=on,wait=off";

    private const string StratoVirt = "limber -machine q35 -smp 1,maxcpus=2 -m 512 -kernel K "
        + "-append \"console=ttyS0 root=/dev/vda reboot=k panic=1\" -qmp unix:S,server,nowait -serial stdio";

    private const string CloudHypervisor = "limber --kernel vmlinux --cmdline \"console=ttyS0 root=/dev/vda1\" "
        + "--initramfs I --cpus boot=4,max=8 --memory size=1024M --serial tty --console off --api-socket S";

    [Fact]
    public void Qemu_WithoutKernel_RunsTheNotice()
    {
        VmConfig config = CommandLines.Run(Qemu);

        Assert.Equal(Dialect.Qemu, config.Dialect);
        Assert.Equal("pc", config.MachineType);
        Assert.Equal((1, 2), (config.Cpus.Boot, config.Cpus.Max));
        Assert.Equal(new CpuTopology(1, 1, 1, 2, 1), config.Cpus.Topology);
        Assert.Equal("IvyBridge-IBRS", config.Cpus.Model);
        Assert.Equal(2048UL << 20, config.Memory.Size);
        Assert.Equal(new PayloadConfig(), config.Payload);
        Assert.Empty(config.Serials);
        Assert.Equal(
            [
                new MonitorConfig(MonitorProtocol.Hmp, Dialect.Qemu, new ChardevConfig.Stdio()),
                new MonitorConfig(
                    MonitorProtocol.Qmp, Dialect.Qemu, new ChardevConfig.UnixSocket("/tmp/qmp-sock", true, false)),
            ],
            config.Monitors);
        Assert.Null(config.ApiSocket);
    }

    [Fact]
    public void Qemu_WithKernel_BootsIt()
    {
        VmConfig config = CommandLines.Run(Qemu + " -kernel bzImage -initrd initrd.img -append \"console=ttyS0 a=b,c\"");

        Assert.Equal(new PayloadConfig("bzImage", "initrd.img", "console=ttyS0 a=b,c"), config.Payload);
    }

    [Fact]
    public void StratoVirt_NeedsNeitherDriveNorInitrd()
    {
        VmConfig config = CommandLines.Run(StratoVirt);

        Assert.Equal(Dialect.StratoVirt, config.Dialect);
        Assert.Equal("q35", config.MachineType);
        Assert.Equal((1, 2), (config.Cpus.Boot, config.Cpus.Max));
        Assert.Equal(new CpuTopology(1, 1, 1, 2, 1), config.Cpus.Topology);
        Assert.Equal("host", config.Cpus.Model);
        Assert.Equal(512UL << 20, config.Memory.Size);
        Assert.Equal(new PayloadConfig("K", null, "console=ttyS0 root=/dev/vda reboot=k panic=1"), config.Payload);
        Assert.Equal([new ChardevConfig.Stdio()], config.Serials);
        Assert.Equal(
            [new MonitorConfig(MonitorProtocol.Qmp, Dialect.StratoVirt, new ChardevConfig.UnixSocket("S", true, false))],
            config.Monitors);
    }

    [Fact]
    public void CloudHypervisor_ServesItsApi()
    {
        VmConfig config = CommandLines.Run(CloudHypervisor);

        Assert.Equal(Dialect.CloudHypervisor, config.Dialect);
        Assert.Equal((4, 8), (config.Cpus.Boot, config.Cpus.Max));
        Assert.Equal(new CpuTopology(1, 1, 1, 8, 1), config.Cpus.Topology);
        Assert.Equal("host", config.Cpus.Model);
        Assert.Equal(new MemoryConfig(1UL << 30), config.Memory);
        Assert.Equal(new PayloadConfig("vmlinux", "I", "console=ttyS0 root=/dev/vda1"), config.Payload);
        Assert.Equal([new ChardevConfig.Stdio()], config.Serials);
        Assert.Empty(config.Monitors);
        Assert.Equal("S", config.ApiSocket);
    }
}
