using System;
using System.Runtime.InteropServices;
using System.Text;
using System.Threading;

namespace Limber.Machine.Tests.Faults;

/// <summary>
/// A vhost-user back end that answers what is asked while a device is made. Its thread has a table of descriptors of its own, so that it
/// is another process as far as a limit of descriptors goes. Make it before the machine.
/// </summary>
internal sealed unsafe partial class FileSystemServer : IDisposable
{
    private const int CLONE_FILES = 0x400;
    private const int AF_UNIX = 1;
    private const int SOCK_STREAM = 1;
    private const short POLLIN = 1;
    private const int Header = 12;
    private const int PauseMilliseconds = 20;
    private const uint GetFeatures = 1;
    private const uint GetProtocolFeatures = 15;
    private const uint GetQueueNumber = 17;
    private const uint VersionAndReply = 5;
    private const ulong Version1AndProtocolFeatures = (1UL << 32) | (1UL << 30);
    private readonly Thread thread;
    private readonly ManualResetEventSlim listening = new();
    private readonly string path;
    private volatile bool stopping;
    private volatile bool failed;

    public FileSystemServer(string path)
    {
        this.path = path;
        thread = new Thread(Serve) { IsBackground = true, Name = ".fs-server" };
        thread.Start();
        listening.Wait();
        Assert.False(failed, "the server can't listen");
    }

    public void Dispose()
    {
        stopping = true;
        thread.Join();
        listening.Dispose();
    }

    private void Serve()
    {
        int listener = Listen();
        failed = listener < 0;
        listening.Set();
        while (!stopping && !failed)
        {
            if (Wait(listener))
            {
                int client = accept(listener, null, null);
                while (!stopping && Answer(client))
                {
                }

                _ = close(client);
            }
        }

        _ = close(listener);
    }

    private int Listen()
    {
        // What is opened after this is not in the thread's table, so it has numbers left where others have none. What is in it stays: the
        // runtime needs some of that to compile what the thread runs.
        if (unshare(CLONE_FILES) != 0)
        {
            return -1;
        }

        byte[] address = new byte[110];
        address[0] = AF_UNIX;
        Encoding.UTF8.GetBytes(path, address.AsSpan(2));
        int listener = socket(AF_UNIX, SOCK_STREAM, 0);
        fixed (byte* a = address)
        {
            return bind(listener, a, (uint)address.Length) == 0 && listen(listener, 8) == 0 ? listener : -1;
        }
    }

    private bool Wait(int descriptor)
    {
        Poll poll = new(descriptor, POLLIN, 0);
        return FileSystemServer.poll(&poll, 1, PauseMilliseconds) > 0;
    }

    private bool Answer(int client)
    {
        if (!Wait(client))
        {
            return true;
        }

        uint* message = stackalloc uint[64];
        if (recv(client, message, Header, 0) != Header)
        {
            return false;
        }

        uint request = message[0];
        uint size = message[2];
        if (size > 0 && recv(client, message, size, 0) != size)
        {
            return false;
        }

        ulong? answer = request switch
        {
            GetFeatures => Version1AndProtocolFeatures,
            GetProtocolFeatures => 0,
            GetQueueNumber => 2,
            _ => null,
        };
        if (answer is { } value)
        {
            message[0] = request;
            message[1] = VersionAndReply;
            message[2] = sizeof(ulong);
            message[3] = (uint)(value & uint.MaxValue);
            message[4] = (uint)(value >> 32);
            return send(client, message, Header + sizeof(ulong), 0) == Header + sizeof(ulong);
        }

        return true;
    }

    [LibraryImport("libc")]
    private static partial int unshare(int flags);

    [LibraryImport("libc")]
    private static partial int socket(int family, int type, int protocol);

    [LibraryImport("libc")]
    private static partial int bind(int fd, byte* address, uint length);

    [LibraryImport("libc")]
    private static partial int listen(int fd, int backlog);

    [LibraryImport("libc")]
    private static partial int accept(int fd, void* address, uint* length);

    [LibraryImport("libc")]
    private static partial int close(int fd);

    [LibraryImport("libc")]
    private static partial nint recv(int fd, void* buffer, nuint length, int flags);

    [LibraryImport("libc")]
    private static partial nint send(int fd, void* buffer, nuint length, int flags);

    [LibraryImport("libc")]
    private static partial int poll(Poll* descriptors, nuint count, int timeoutMilliseconds);

    private record struct Poll(int Descriptor, short Wanted, short Found);
}
