using System;
using System.IO;
using System.Net.Sockets;
using System.Text;
using Limber.Chardev.Native;
using Limber.Config;
using Limber.Interop;

namespace Limber.Chardev.Tests.Support;

/// <summary>A directory with a path short enough for sockets, removed with what is in it.</summary>
internal sealed class TestPlace : IDisposable
{
    private readonly string directory = Directory.CreateTempSubdirectory("lc").FullName;

    public string Socket => File("s");

    public ChardevConfig.UnixSocket Server => new(Socket, Server: true, Wait: false);

    public string File(string name) => Path.Combine(directory, name);

    public Socket Connect()
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified) { ReceiveTimeout = 10_000, SendTimeout = 10_000 };
        socket.Connect(new UnixDomainSocketEndPoint(Socket));
        return socket;
    }

    /// <summary>Reads exactly that many bytes, as text.</summary>
    public static string ReadText(Socket socket, int length)
    {
        byte[] bytes = new byte[length];
        int count = 0;
        while (count < length && socket.Receive(bytes, count, length - count, SocketFlags.None) is int more and > 0)
        {
            count += more;
        }

        return Encoding.Latin1.GetString(bytes, 0, count);
    }

    /// <summary>A pipe: what is written to the second end is read from the first.</summary>
    public static unsafe (FileDescriptor Reader, FileDescriptor Writer) Pipe()
    {
        int* ends = stackalloc int[2];
        Assert.Equal(0, TestLibc.pipe2(ends, Posix.O_CLOEXEC));
        return (new FileDescriptor(ends[0]), new FileDescriptor(ends[1]));
    }

    public void Dispose() => Directory.Delete(directory, recursive: true);
}
