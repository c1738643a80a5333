using System;
using System.IO;
using Limber.Config;
using Limber.Cpu;

namespace Limber.CommandLine.Tests;

public sealed class VmConfigValidationTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("limber-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void Check_NothingNamed_Passes() => Assert.Null(VmConfigValidation.Check(Config()));

    [Theory]
    [InlineData("-chardev socket,path=/v,id=c,reconnect=1 -serial chardev:c")]
    [InlineData("-chardev socket,path=/v,id=c,reconnect-ms=50 -mon chardev=c,mode=control")]
    public void Check_ReconnectOfOtherThanNetworkCards_IsRefused(string options) =>
        Assert.Equal(
            "socket '/v': reconnect is not built for serial ports, consoles and monitors; supported for vhost-user network cards",
            VmConfigValidation.Check(CommandLines.Run($"limber {options}")));

    [Fact]
    public void Check_ExistingFiles_Pass()
    {
        string kernel = Path.Combine(_directory, "kernel");
        File.WriteAllText(kernel, "x");

        Assert.Null(VmConfigValidation.Check(Config() with
        {
            Payload = new PayloadConfig(kernel, kernel),
            ApiSocket = Path.Combine(_directory, "s"),
            PidFile = Path.Combine(_directory, "pid"),
        }));
    }

    [Fact]
    public void Check_MissingKernel_NamesIt()
    {
        string path = Path.Combine(_directory, "nosuch");

        Assert.Equal(
            $"kernel '{path}': no such file",
            VmConfigValidation.Check(Config() with { Payload = new PayloadConfig(path) }));
    }

    [Fact]
    public void Check_DirectoryAsInitramfs_NamesIt()
    {
        string kernel = Path.Combine(_directory, "kernel");
        File.WriteAllText(kernel, "x");

        Assert.Equal(
            $"initramfs '{_directory}' is a directory",
            VmConfigValidation.Check(Config() with { Payload = new PayloadConfig(kernel, _directory) }));
    }

    [Fact]
    public void Check_SocketPath_MayHave107Bytes()
    {
        string fits = _directory + "/" + new string('x', VmConfigValidation.MaxSocketPathBytes - _directory.Length - 1);

        Assert.Null(VmConfigValidation.Check(Config() with { ApiSocket = fits }));
        Assert.Contains(
            "the path has 108 bytes; a Unix socket's has at most 107",
            VmConfigValidation.Check(Config() with { ApiSocket = fits + "x" }));
        Assert.Contains(
            "the path has 109 bytes",
            VmConfigValidation.Check(Config() with { ApiSocket = fits + "\u00e4" }));
    }

    [Fact]
    public void Check_SocketInMissingDirectory_NamesTheDirectory()
    {
        string path = Path.Combine(_directory, "nosuch", "s");
        MonitorConfig monitor = new(
            MonitorProtocol.Qmp, Dialect.Qemu, new ChardevConfig.UnixSocket(path, true, false));

        Assert.Equal(
            $"socket '{path}': the directory '{Path.Combine(_directory, "nosuch")}' does not exist",
            VmConfigValidation.Check(Config() with { Monitors = [monitor] }));
    }

    [Fact]
    public void Check_SameSocketTwice_IsRefused()
    {
        ChardevConfig.UnixSocket socket = new(Path.Combine(_directory, "s"), true, false);

        Assert.Contains(
            "is given twice",
            VmConfigValidation.Check(Config() with { Serials = [socket], ApiSocket = socket.Path }));
    }

    [Fact]
    public void Check_StdioTwice_IsRefused() =>
        Assert.Equal(
            "cannot use stdio by multiple character devices",
            VmConfigValidation.Check(Config() with { Serials = [new ChardevConfig.Stdio(), new ChardevConfig.Stdio()] }));

    [Fact]
    public void Check_TooLittleMemory_NamesTheLimit()
    {
        Assert.Null(VmConfigValidation.Check(Config() with { Memory = new MemoryConfig(16 << 20) }));
        Assert.Equal(
            "guest memory of 8192 bytes is too small; at least 16777216 (16 MiB) are needed",
            VmConfigValidation.Check(Config() with { Memory = new MemoryConfig(8192) }));
    }

    [Fact]
    public void Check_ZeroByteInPath_IsRefused() =>
        Assert.Contains(
            "the path has a zero byte",
            VmConfigValidation.Check(Config() with { Payload = new PayloadConfig("a\0b") }));

    private static VmConfig Config() => new()
    {
        Cpus = new CpuConfig { Boot = 1, Max = 1, Topology = new CpuTopology(1, 1, 1, 1, 1) },
        Memory = new MemoryConfig(128 << 20),
    };
}
