using System;
using System.Net.Sockets;
using System.Text;
using System.Threading;

namespace Limber.TestKit;

/// <summary>A guest's console on a Unix socket.</summary>
public sealed class SocketConsole : IDisposable
{
    private readonly Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);

    /// <summary>Connects, and reads from then on.</summary>
    public SocketConsole(string path)
    {
        socket.Connect(new UnixDomainSocketEndPoint(path));
        new Thread(Read) { IsBackground = true, Name = "guest-console" }.Start();
    }

    public TextLog Output { get; } = new();

    public void Type(string text) => socket.Send(Encoding.UTF8.GetBytes(text));

    public void Dispose() => socket.Dispose();

    private void Read()
    {
        byte[] buffer = new byte[4096];
        try
        {
            while (socket.Receive(buffer) is int count and > 0)
            {
                Output.Append(Encoding.Latin1.GetString(buffer, 0, count));
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // One of the two ends is gone.
        }

        Output.Close();
    }
}
