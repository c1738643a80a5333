using System;
using System.Diagnostics;
using System.IO;
using System.Net.Sockets;
using System.Threading.Tasks;
using Limber.Rest.Tests.Support;

namespace Limber.Rest.Tests;

public sealed class SocketPathTests
{
    [Fact]
    public async Task Socket_IsForItsOwnerOnly()
    {
        await using RestFixture rest = await RestFixture.StartAsync();
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(rest.SocketPath));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(rest.SocketPath + ".lock"));
    }

    [Fact]
    public async Task Dispose_LeavesNothingBehindAndMayBeRepeated()
    {
        using TemporaryDirectory directory = new();
        for (int i = 0; i < 3; i++)
        {
            RestServer server = await RestServer.StartAsync(directory.Socket, new FakeVirtualMachine());
            Assert.True(File.Exists(directory.Socket));
            await server.DisposeAsync();
            await server.DisposeAsync();
            Assert.Empty(Directory.GetFileSystemEntries(directory.Path));
        }
    }

    [Fact]
    public async Task Dispose_IsQuickWithIdleClients()
    {
        RestFixture rest = await RestFixture.StartAsync();
        using Socket idle = await rest.ConnectAsync();
        await rest.GetAsync("vmm.ping");
        long begin = Stopwatch.GetTimestamp();
        await rest.Server.DisposeAsync();
        Assert.True(Stopwatch.GetElapsedTime(begin) < TimeSpan.FromSeconds(1.5));
        await rest.DisposeAsync();
    }

    [Fact]
    public async Task PathOfALiveServer_IsInUse()
    {
        await using RestFixture rest = await RestFixture.StartAsync();
        IOException error = await Assert.ThrowsAsync<IOException>(
            () => RestServer.StartAsync(rest.SocketPath, new FakeVirtualMachine()));
        Assert.Equal($"socket path '{rest.SocketPath}' is in use", error.Message);
        Assert.Equal(200, (await rest.GetAsync("vmm.ping")).Status);
    }

    [Fact]
    public async Task PathOfAListenerWithoutLock_IsInUse()
    {
        using TemporaryDirectory directory = new();
        using Socket other = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        other.Bind(new UnixDomainSocketEndPoint(directory.Socket));
        other.Listen();
        IOException error = await Assert.ThrowsAsync<IOException>(
            () => RestServer.StartAsync(directory.Socket, new FakeVirtualMachine()));
        Assert.Equal($"socket path '{directory.Socket}' is in use", error.Message);
        Assert.True(File.Exists(directory.Socket));
        Assert.False(File.Exists(directory.Socket + ".lock"));
    }

    [Fact]
    public async Task StaleSocket_IsReplaced()
    {
        using TemporaryDirectory directory = new();
        // A socket whose process died: bound, then its descriptor closed behind the library's back.
        using (Socket dead = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            dead.Bind(new UnixDomainSocketEndPoint(directory.Socket));
            dead.Listen();
            File.Move(directory.Socket, directory.Socket + ".kept");
        }

        File.Move(directory.Socket + ".kept", directory.Socket);
        await File.WriteAllTextAsync(directory.Socket + ".lock", "left behind", TestContext.Current.CancellationToken);
        await using RestServer server = await RestServer.StartAsync(directory.Socket, new FakeVirtualMachine());
        using Socket client = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await client.ConnectAsync(new UnixDomainSocketEndPoint(directory.Socket), TestContext.Current.CancellationToken);
    }

    [Theory]
    [InlineData("file")]
    [InlineData("directory")]
    [InlineData("link")]
    public async Task WhatIsNoSocket_IsLeftAlone(string kind)
    {
        using TemporaryDirectory directory = new();
        string target = Path.Combine(directory.Path, "target");
        switch (kind)
        {
            case "file":
                await File.WriteAllTextAsync(directory.Socket, "precious", TestContext.Current.CancellationToken);
                break;
            case "directory":
                Directory.CreateDirectory(directory.Socket);
                break;
            default:
                await File.WriteAllTextAsync(target, "precious", TestContext.Current.CancellationToken);
                File.CreateSymbolicLink(directory.Socket, target);
                break;
        }

        IOException error = await Assert.ThrowsAsync<IOException>(
            () => RestServer.StartAsync(directory.Socket, new FakeVirtualMachine()));
        Assert.Equal($"socket path '{directory.Socket}' exists and is not a socket", error.Message);
        Assert.True(Path.Exists(directory.Socket));
        Assert.False(File.Exists(directory.Socket + ".lock"));
    }

    [Fact]
    public async Task PathThatIsTooLong_NamesTheLimit()
    {
        string path = "/tmp/" + new string('x', 103);
        IOException error = await Assert.ThrowsAsync<IOException>(() => RestServer.StartAsync(path, new FakeVirtualMachine()));
        Assert.Equal($"socket path '{path}' has 108 bytes; the limit is 107", error.Message);
    }

    [Fact]
    public async Task FailedStart_GivesThePathBack()
    {
        using TemporaryDirectory directory = new();
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(
            () => RestServer.StartAsync(directory.Socket, new FakeVirtualMachine(), new RestServerOptions { MaxConnections = 0 }));
        Assert.Empty(Directory.GetFileSystemEntries(directory.Path));
    }

    [Fact]
    public async Task PathInNoDirectory_IsAClearError()
    {
        using TemporaryDirectory directory = new();
        string path = Path.Combine(directory.Path, "no", "ch.sock");
        IOException error = await Assert.ThrowsAsync<IOException>(() => RestServer.StartAsync(path, new FakeVirtualMachine()));
        Assert.StartsWith($"cannot lock socket path '{path}': ", error.Message);
    }

    [Fact]
    public async Task OfManyAtOnce_OneWins()
    {
        using TemporaryDirectory directory = new();
        for (int round = 0; round < 5; round++)
        {
            Task<RestServer>[] starts = new Task<RestServer>[8];
            for (int i = 0; i < starts.Length; i++)
            {
                starts[i] = Task.Run(() => RestServer.StartAsync(directory.Socket, new FakeVirtualMachine()));
            }

            int won = 0;
            foreach (Task<RestServer> start in starts)
            {
                try
                {
                    await using RestServer server = await start;
                    won++;
                    await Task.WhenAll(starts).ContinueWith(_ => { }, TaskScheduler.Default);
                }
                catch (IOException loser)
                {
                    Assert.Equal($"socket path '{directory.Socket}' is in use", loser.Message);
                }
            }

            Assert.Equal(1, won);
            Assert.Empty(Directory.GetFileSystemEntries(directory.Path));
        }
    }
}
