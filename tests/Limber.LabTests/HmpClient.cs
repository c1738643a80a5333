using System;
using System.Net.Sockets;
using System.Text;
using System.Threading;
using Limber.TestKit;

namespace Limber.LabTests;

/// <summary>The human monitor on a socket. Thread: one.</summary>
internal sealed class HmpClient : IDisposable
{
    private const string Prompt = "(qemu) ";

    private readonly Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly TextLog output = new();

    public HmpClient(string path)
    {
        socket.Connect(new UnixDomainSocketEndPoint(path));
        new Thread(Read) { IsBackground = true, Name = "hmp-client" }.Start();
        output.WaitFor(Prompt, 0, 20);
    }

    /// <summary>Runs a command and returns what it printed; its echo, if there is one, is part of that.</summary>
    public string Run(string command)
    {
        int from = output.Position;
        socket.Send(Encoding.UTF8.GetBytes(command + "\n"));
        string text = output.WaitFor(Prompt, from, 60);

        // A line editor redraws the prompt as it echoes; the last one comes behind the line's end.
        while (text.IndexOf('\n', StringComparison.Ordinal) < 0)
        {
            text += output.WaitFor(Prompt, from + text.Length, 60);
        }

        return text[..^Prompt.Length].Replace("\r", "", StringComparison.Ordinal);
    }

    public void Dispose() => socket.Dispose();

    private void Read()
    {
        byte[] buffer = new byte[4096];
        try
        {
            while (socket.Receive(buffer) is int count and > 0)
            {
                output.Append(Encoding.UTF8.GetString(buffer, 0, count));
            }
        }
        catch (SocketException)
        {
            // The other end is gone.
        }
        catch (ObjectDisposedException)
        {
            // We are gone.
        }

        output.Close();
    }
}
