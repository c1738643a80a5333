using System.IO;
using System.Linq;
using System.Threading;
using Limber.Chardev.Sockets;
using Limber.Config;
using Limber.Interop;

namespace Limber.Chardev.Tests;

public sealed class ListeningSocketTests
{
    private const int Many = 200;

    // Other tests open some meanwhile.
    private static int CountDescriptors() => Directory.EnumerateFileSystemEntries("/proc/self/fd").Count();

    [Fact]
    public void Dispose_LeavesNoDescriptor()
    {
        string directory = Directory.CreateTempSubdirectory("limber-listen").FullName;
        int before = CountDescriptors();
        for (int i = 0; i < Many; i++)
        {
            using ListeningSocket socket = ListeningSocket.Open(
                new ChardevConfig.UnixSocket(Path.Combine(directory, "s"), Server: true, Wait: false));
        }

        Assert.InRange(CountDescriptors(), 0, before + (Many / 2));
        Assert.Empty(Directory.EnumerateFileSystemEntries(directory));
        Directory.Delete(directory);
    }

    [Fact]
    public void Dispose_EndsAWaitForPeers()
    {
        string directory = Directory.CreateTempSubdirectory("limber-listen").FullName;
        ListeningSocket socket = ListeningSocket.Open(
            new ChardevConfig.UnixSocket(Path.Combine(directory, "s"), Server: true, Wait: false));
        FileDescriptor? peer = null;
        var waiter = new Thread(() => peer = socket.Accept());
        waiter.Start();
        socket.Dispose();
        waiter.Join();
        Assert.Null(peer);
        Directory.Delete(directory);
    }
}
