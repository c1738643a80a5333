using System;
using System.Threading.Tasks;
using Limber.Chardev.Native;
using Limber.Chardev.Serial;
using Limber.Chardev.Terminal;
using Limber.Chardev.Tests.Support;
using Limber.Interop;

namespace Limber.Chardev.Tests.Serial;

public sealed class StdioBackendFlowTests : IDisposable
{
    private readonly HostPipe input = new();
    private readonly HostPipe output = new();
    private readonly RecordingFrontend frontend = new();

    public void Dispose()
    {
        input.Dispose();
        output.Dispose();
    }

    [Fact]
    public async Task Write_SlowReader_LosesNothing()
    {
        using StdioBackend backend = Start("slow");
        byte[] data = SequenceData.Create(1 << 20);
        Task<byte[]> reading = Task.Run(() => output.Read(data.Length), TestContext.Current.CancellationToken);

        frontend.WriteAll(backend, data);

        Assert.Equal(data, await reading);
        Assert.True(frontend.DrainedCount > 0);
    }

    [Fact]
    public void Write_OnceWarm_AllocatesNothing()
    {
        using StdioBackend backend = Start("warm");
        _ = Task.Run(() => output.Read(20_000), TestContext.Current.CancellationToken);
        WriteBytes(backend, 10_000);

        long before = GC.GetAllocatedBytesForCurrentThread();
        WriteBytes(backend, 10_000);

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    [Fact]
    public void Dispose_WritesWhatIsQueuedAndEndsItsThreads()
    {
        StdioBackend backend = Start("flush");
        byte[] data = SequenceData.Create(40_000);
        Assert.Equal(data.Length, backend.Write(data));
        Assert.Equal(2, Eventually.ThreadsNamed("flush-"));

        backend.Dispose();

        Assert.True(data.AsSpan().SequenceEqual(output.Read(data.Length)));
        Eventually.True(() => Eventually.ThreadsNamed("flush-") == 0, "no thread left");
        backend.Dispose();
    }

    [Fact]
    public void Input_PortWithoutRoom_StaysUntilThereIs()
    {
        var narrow = new RecordingFrontend(3);
        using StdioBackend backend = Start("narrow", narrow);
        input.Write("abcdefgh");

        narrow.AwaitText("abc");
        narrow.Allow(2);
        narrow.AwaitText("abcde");
        narrow.Allow(100);
        narrow.AwaitText("abcdefgh");

        Assert.False(narrow.Overrun);
    }

    [Fact]
    public void Standard_DescriptorsThatAreClosed_AreNobody()
    {
        using var backend = new StdioBackend(new StdioChannel(new FileDescriptor(-1), new FileDescriptor(-1), null, null), "closed");
        backend.Start(frontend);

        frontend.WriteAll(backend, SequenceData.Create(200_000));
    }

    private static void WriteBytes(StdioBackend backend, int count)
    {
        for (int i = 0; i < count; i++)
        {
            while (backend.Write("x"u8) == 0)
            {
            }
        }
    }

    private StdioBackend Start(string label, RecordingFrontend? port = null)
    {
        var backend = new StdioBackend(new StdioChannel(Duplicate(input.Reader), Duplicate(output.Writer), null, null), label);
        backend.Start(port ?? frontend);
        return backend;
    }

    // The backend has the only one: the reader of a pipe sees its end, and a writer sees its reader leave.
    private static FileDescriptor Duplicate(FileDescriptor fd) => new(Posix.fcntl_number(fd.Number, Posix.F_DUPFD_CLOEXEC, 3));
}
