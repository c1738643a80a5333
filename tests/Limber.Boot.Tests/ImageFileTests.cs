using System.Diagnostics;
using System.IO;
using Limber.Memory;

namespace Limber.Boot.Tests;

public sealed class ImageFileTests
{
    [Fact]
    public void Open_MissingFile_NamesIt()
    {
        BootException error = Assert.Throws<BootException>(() => KernelImage.Open("/nonexistent/vmlinux"));
        Assert.Equal("cannot open kernel '/nonexistent/vmlinux': No such file or directory", error.Message);
    }

    [Fact]
    public void Open_Directory_IsRefused() =>
        Assert.Equal("kernel '/' is a directory", Assert.Throws<BootException>(() => KernelImage.Open("/")).Message);

    [Theory]
    [InlineData("")]
    [InlineData("a\0b")]
    public void Open_NoFileName_IsRefused(string path) =>
        Assert.EndsWith("is not a file name", Assert.Throws<BootException>(() => InitramfsImage.Open(path)).Message);

    [Fact]
    public void Open_EmptyFile_IsRefused()
    {
        using TemporaryFile file = new([]);
        Assert.Equal($"kernel '{file.Path}' is empty", Assert.Throws<BootException>(() => KernelImage.Open(file.Path)).Message);
        Assert.Equal($"initramfs '{file.Path}' is empty", Assert.Throws<BootException>(() => InitramfsImage.Open(file.Path)).Message);
    }

    [Fact]
    public void Open_Device_IsRefused() =>
        Assert.Throws<BootException>(() => InitramfsImage.Open("/dev/zero"));

    [Fact]
    public void Open_NamedPipe_IsRefusedWithoutWaitingForAWriter()
    {
        string path = Path.Combine(Path.GetTempPath(), "limber-pipe-" + Path.GetRandomFileName());
        using (Process process = Process.Start("mkfifo", path))
        {
            process.WaitForExit();
        }

        try
        {
            BootException error = Assert.Throws<BootException>(() => KernelImage.Open(path));
            Assert.Equal($"kernel '{path}' is not a regular file", error.Message);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void Open_OneByte_IsNoKernel()
    {
        using TemporaryFile file = new([0x7F]);
        Assert.Contains("neither a bzImage", Assert.Throws<BootException>(() => KernelImage.Open(file.Path)).Message);
    }

    [Fact]
    public void Load_FileCutAfterOpen_SaysHowMuchIsLeft()
    {
        using TemporaryFile file = new(new SyntheticBzImage().Bytes);
        using KernelImage kernel = KernelImage.Open(file.Path);
        using TestMachine machine = new(64 * TestMachine.MiB);
        using (FileStream stream = new(file.Path, FileMode.Open, FileAccess.Write))
        {
            stream.SetLength(4000);
        }

        BootException error = Assert.Throws<BootException>(
            () => BootLoader.Load(machine.Memory, new LoadRequest { Kernel = kernel, MemoryMap = machine.Map }));
        Assert.Equal($"kernel '{file.Path}' ends at 4000 bytes; it had 14848 bytes when it was opened", error.Message);
    }

    [Fact]
    public void Load_AfterDispose_IsABootException()
    {
        using TemporaryFile file = new(new SyntheticBzImage().Bytes);
        KernelImage kernel = KernelImage.Open(file.Path);
        kernel.Dispose();
        using TestMachine machine = new(64 * TestMachine.MiB);
        Assert.Throws<BootException>(
            () => BootLoader.Load(machine.Memory, new LoadRequest { Kernel = kernel, MemoryMap = machine.Map }));
    }
}
