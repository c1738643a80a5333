using System;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Threading;
using Limber.TestKit;

namespace Limber.LabTests;

/// <summary>The host's end of connections with a guest.</summary>
internal static class Streams
{
    private const double Patience = 30;

    /// <summary>Connects as soon as somebody listens.</summary>
    public static NetworkStream Connect(EndPoint target)
    {
        Deadline deadline = Deadline.In(Patience);
        while (true)
        {
            var socket = new Socket(target.AddressFamily, SocketType.Stream, ProtocolType.Unspecified);
            try
            {
                if (!socket.ConnectAsync(target).Wait(deadline.Left))
                {
                    throw new ScenarioException($"no answer from {target} within {Patience} s");
                }

                return new NetworkStream(socket, ownsSocket: true) { ReadTimeout = 30_000, WriteTimeout = 30_000 };
            }
            catch (AggregateException e) when (e.InnerException is SocketException && !deadline.HasPassed)
            {
                socket.Dispose();
                Thread.Sleep(50);
            }
            catch (AggregateException e) when (e.InnerException is SocketException)
            {
                throw new ScenarioException($"{target}: {e.InnerException.Message}");
            }
        }
    }

    /// <summary>Checksum of all that comes.</summary>
    public static string ReceiveSum(NetworkStream stream) => Convert.ToHexStringLower(SHA256.HashData(stream));

    /// <summary>Sends bytes that no two calls share, ends the direction, and returns their checksum.</summary>
    public static string SendRandom(NetworkStream stream, int length)
    {
        byte[] bytes = RandomNumberGenerator.GetBytes(length);
        stream.Write(bytes);
        stream.Socket.Shutdown(SocketShutdown.Send);
        return Convert.ToHexStringLower(SHA256.HashData(bytes));
    }
}
