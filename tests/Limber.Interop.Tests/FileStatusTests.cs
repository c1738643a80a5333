using System.IO;
using System.Net.Sockets;

namespace Limber.Interop.Tests;

public sealed class FileStatusTests
{
    [Fact]
    public void Of_TellsFilesAndKindsApart()
    {
        string directory = Directory.CreateTempSubdirectory("fs").FullName;
        try
        {
            string one = Path.Combine(directory, "one");
            string other = Path.Combine(directory, "other");
            string socketPath = Path.Combine(directory, "s");
            File.WriteAllText(one, "");
            File.WriteAllText(other, "");
            File.CreateSymbolicLink(Path.Combine(directory, "link"), one);
            using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            socket.Bind(new UnixDomainSocketEndPoint(socketPath));

            FileStatus? status = FileStatus.Of(one);
            Assert.Equal(status, FileStatus.Of(one));
            Assert.NotEqual(status, FileStatus.Of(other));
            Assert.NotEqual(status, FileStatus.Of(Path.Combine(directory, "link")));
            Assert.False(status!.Value.IsSocket);
            Assert.True(FileStatus.Of(socketPath)!.Value.IsSocket);
            Assert.Null(FileStatus.Of(Path.Combine(directory, "none")));
            using FileStream open = File.OpenRead(one);
            Assert.Equal(status, FileStatus.Of(open.SafeFileHandle));
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }
}
