using Limber.Config;

namespace Limber.CommandLine.Tests;

public sealed class StratoVirtTests
{
    private const string Base = "limber stratovirt -machine q35 -qmp unix:s,server,nowait ";

    [Theory]
    [InlineData("", 256)]
    [InlineData("-m 512", 512)]
    [InlineData("-m size=1g", 1024)]
    [InlineData("-m 131072k", 128)]
    [InlineData("-m 512G", 524288)]
    [InlineData("-m 512,maxmem=512", 512)]
    public void Parse_Memory_IsReadInMebibytes(string line, int mebibytes) =>
        Assert.Equal((ulong)mebibytes << 20, CommandLines.Run(Base + line).Memory.Size);

    public static TheoryData<string, ChardevConfig> SerialForms => new()
    {
        { "-serial stdio", new ChardevConfig.Stdio() },
        { "-serial pty", new ChardevConfig.Pty() },
        { "-serial file,path=out", new ChardevConfig.File("out") },
        { "-serial socket,path=t,server,nowait", new ChardevConfig.UnixSocket("t", true, false) },
        { "-serial socket,host=127.0.0.1,port=99,server,nowait", new ChardevConfig.TcpSocket("127.0.0.1", 99, true, false) },
        { "-chardev stdio,id=c -serial chardev:c", new ChardevConfig.Stdio() },
    };

    [Theory]
    [MemberData(nameof(SerialForms))]
    public void Parse_Serial_TakesEveryForm(string line, ChardevConfig expected) =>
        Assert.Equal([expected], CommandLines.Run(Base + line).Serials);

    [Fact]
    public void Parse_WithoutSerial_HasNone() => Assert.Empty(CommandLines.Run(Base).Serials);

    [Fact]
    public void Parse_Mon_ServesQmpOnItsChardev()
    {
        VmConfig config = CommandLines.Run(
            "stratovirt -machine Q35,mem-share=on -chardev socket,id=m,path=p,server,nowait -mon chardev=m,id=q,mode=control");

        Assert.Equal(
            [new MonitorConfig(MonitorProtocol.Qmp, Dialect.StratoVirt, new ChardevConfig.UnixSocket("p", true, false))],
            config.Monitors);
        Assert.True(config.Memory.Shared);
    }

    [Fact]
    public void Parse_WhatLibvirtAdds_IsIgnored()
    {
        VmConfig config = CommandLines.Run(
            Base + "-overcommit mem-lock=off -uuid x -no-user-config -nodefaults -sandbox on -msg timestamp=on "
            + "-rtc base=utc -boot strict=on -nographic -realtime mlock=off -display none -usb -usb -no-shutdown "
            + "-disable-seccomp -name vm -S -accel kvm -cpu host -D");

        Assert.Equal("vm", config.Name);
        Assert.True(config.StartPaused);
        Assert.False(config.NoShutdown);
    }

    [Theory]
    [InlineData("-smp 2,maxcpus=8", 2, 8, 1, 8, 1)]
    [InlineData("-smp 4,sockets=2,cores=2,threads=1", 4, 4, 2, 2, 1)]
    [InlineData("-smp cpus=1,maxcpus=254", 1, 254, 1, 254, 1)]
    [InlineData("", 1, 1, 1, 1, 1)]
    public void Parse_Smp_Accepts(string line, int boot, int max, int sockets, int cores, int threads)
    {
        CpuConfig cpus = CommandLines.Run(Base + line).Cpus;

        Assert.Equal((boot, max), (cpus.Boot, cpus.Max));
        Assert.Equal(
            (sockets, cores, threads), (cpus.Topology.Sockets, cpus.Topology.Cores, cpus.Topology.Threads));
    }

    [Theory]
    [InlineData("-smp 4,maxcpus=8,sockets=3,cores=1,threads=1", "sockets * dies * clusters * cores * threads must be equal to max_cpus")]
    [InlineData("-smp 2,maxcpus=1", "MAX CPU number must >= 2 and <= 254.")]
    [InlineData("-smp 1,maxcpus=255", "MAX CPU number must >= 1 and <= 254.")]
    [InlineData("-smp 255", "-smp 255")]
    [InlineData("-smp 0", "-smp 0")]
    [InlineData("-smp 1,maxcpus=x", "-smp 1,maxcpus=x")]
    [InlineData("-m 64", "-m 64: 'size' must be from 128 MiB to 512 GiB, not '64'")]
    [InlineData("-m 513G", "-m 513G: 'size' must be from 128 MiB to 512 GiB, not '513G'")]
    [InlineData("-m 1T", "unknown suffix 'T'")]
    [InlineData("-m 1G,maxmem=512", "maxmem must be at least size")]
    [InlineData("-cpu qemu64", "-cpu qemu64: the processor model must be host")]
    [InlineData("-serial socket,path=t,server=on,wait=off", "Invalid parameter 'wait'")]
    [InlineData("-serial socket,path=t,server", "a socket needs the bare words server,nowait")]
    [InlineData("-serial stdio -chardev stdio,id=c", "Can't set multiple devices redirected to stdio")]
    [InlineData("-serial vc", "'vc' is not one of stdio, pty, file, socket")]
    [InlineData("-foo", "Found argument '-foo' which wasn't expected, or isn't valid in the context. Use '-h' or '-help' to get usage.")]
    [InlineData("stray", "Found argument 'stray' which wasn't expected, or isn't valid in the context. Use '-h' or '-help' to get usage.")]
    [InlineData("-m 256 -m 512", "The argument 'm' was provided more than once.")]
    [InlineData("-smp", "The argument 'smp' requires a value, but none was supplied.")]
    [InlineData("-pflash x", "-pflash x: not built yet")]
    [InlineData("-device virtio-blk-pci,id=b", "-device virtio-blk-pci,id=b: Should set bus.")]
    [InlineData("-daemonize", "-daemonize: not built yet")]
    [InlineData("-pidfile p", "-pidfile must be used with -daemonize together.")]
    [InlineData("-initrd i", "-initrd needs -kernel")]
    [InlineData("-accel tcg", "-accel tcg: the accelerator must be kvm")]
    public void Parse_Refuses(string line, string expected)
    {
        string error = CommandLines.Error(Base + line);

        Assert.StartsWith("limber: ", error);
        Assert.Contains(expected, error);
    }

    [Theory]
    [InlineData("-machine q35", "Please use '-qmp' or '-mon' to give a qmp path for Unix socket")]
    [InlineData("-machine q35 -qmp unix:s,server=on,wait=off", "Invalid parameter 'wait'")]
    [InlineData("-machine q35 -qmp unix:s", "a socket needs the bare words server,nowait")]
    [InlineData("-machine q35 -qmp pipe:s,server,nowait", "expected unix:PATH,server,nowait or tcp:IP:PORT,server,nowait")]
    [InlineData("-machine pc -qmp unix:s,server,nowait", "Invalid machine type.")]
    [InlineData("-machine microvm -qmp unix:s,server,nowait", "-machine microvm: not built yet (supported: q35)")]
    [InlineData("-qmp unix:s,server,nowait", "the default: not built yet (supported: q35)")]
    [InlineData("-machine q35,usb=on -qmp unix:s,server,nowait", "Invalid parameter 'usb=on'")]
    [InlineData("-machine q35,accel=tcg -qmp unix:s,server,nowait", "Invalid parameter 'accel=tcg'")]
    public void Parse_RefusesWithoutTheUsualOptions(string line, string expected) =>
        Assert.Contains(expected, CommandLines.Error("stratovirt " + line));
}
