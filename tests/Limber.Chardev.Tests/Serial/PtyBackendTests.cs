using System;
using System.Threading;
using Limber.Chardev.Native;
using Limber.Chardev.Serial;
using Limber.Chardev.Tests.Support;
using Limber.Interop;

namespace Limber.Chardev.Tests.Serial;

public sealed class PtyBackendTests : IDisposable
{
    private readonly RecordingFrontend frontend = new();
    private readonly PtyBackend backend = new("ptyt");

    public PtyBackendTests() => backend.Start(frontend);

    public void Dispose() => backend.Dispose();

    [Fact]
    public void Write_WithoutPeer_TakesEverything()
    {
        frontend.WriteAll(backend, SequenceData.Create(1 << 20));
    }

    [Fact]
    public void Bytes_PassUnchangedBothWays()
    {
        byte[] all = SequenceData.Create(256);
        for (int i = 0; i < all.Length; i++)
        {
            all[i] = (byte)i;
        }

        using FileDescriptor peer = Open();
        Assert.Equal(all.Length, HostIo.Write(peer, all));
        Eventually.True(() => frontend.Received.AsSpan().SequenceEqual(all), "256 values in the port's input");

        frontend.WriteAll(backend, all);
        Assert.Equal(all, HostPipe.Read(peer, all.Length));
    }

    [Fact]
    public void Peer_ThatDoesNotRead_HoldsTheOutputUntilItDoes()
    {
        byte[] data = SequenceData.Create(300_000);
        using FileDescriptor peer = Open();
        var writer = new Thread(() => frontend.WriteAll(backend, data));
        writer.Start();
        Assert.False(writer.Join(30));

        Assert.True(data.AsSpan().SequenceEqual(HostPipe.Read(peer, data.Length)));
        writer.Join();
    }

    [Fact]
    public void Dispose_WithAPeer_EndsItsThreads()
    {
        var own = new PtyBackend("ptyd");
        own.Start(new RecordingFrontend());
        using var peer = new FileDescriptor(Libc.open(own.Name, Posix.O_RDWR | Posix.O_NOCTTY | Posix.O_CLOEXEC, 0));

        own.Dispose();

        Eventually.True(() => Eventually.ThreadsNamed("ptyd-") == 0, "no thread left");
    }

    private FileDescriptor Open()
    {
        int fd = Libc.open(backend.Name, Posix.O_RDWR | Posix.O_NOCTTY | Posix.O_CLOEXEC, 0);
        Assert.True(fd >= 0);
        return new FileDescriptor(fd);
    }
}
