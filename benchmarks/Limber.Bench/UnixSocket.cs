using System.IO;
using System.Net.Sockets;
using System.Threading;
using Limber.TestKit;

namespace Limber.Bench;

/// <summary>Connections to a process that is just starting.</summary>
internal static class UnixSocket
{
    private const double Seconds = 60;

    /// <summary>Connects, trying every millisecond until somebody listens.</summary>
    /// <exception cref="RefusedException">The process ended.</exception>
    public static Socket Connect(string path, VmmProcess process)
    {
        Deadline deadline = Deadline.In(Seconds);
        while (!process.HasExited)
        {
            if (File.Exists(path))
            {
                var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                try
                {
                    socket.Connect(new UnixDomainSocketEndPoint(path));
                    return socket;
                }
                catch (SocketException)
                {
                    // Bound, but not listening yet.
                    socket.Dispose();
                }
            }

            if (deadline.HasPassed)
            {
                throw new ScenarioException($"nobody listens at {path} within {Seconds} s");
            }

            Thread.Sleep(1);
        }

        throw new RefusedException(LastWords(process));
    }

    /// <summary>The last line of its errors, which is the reason; warnings come before it.</summary>
    public static string LastWords(VmmProcess process)
    {
        int status = process.WaitForExit(10);
        string text = process.Error.All.Trim();
        return text.Length > 0 ? text[(text.LastIndexOf('\n') + 1)..] : $"ended with status {status}";
    }
}
