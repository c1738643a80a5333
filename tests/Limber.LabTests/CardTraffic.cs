using System;
using System.Net;
using System.Net.Sockets;
using Limber.TestKit;

namespace Limber.LabTests;

/// <summary>Data without an end by TCP, in both directions at once, between a guest's card and the host.</summary>
internal sealed class CardTraffic : IDisposable
{
    private const int Port = 10;
    private const int Length = 1 << 20;

    private readonly GuestConsole guest;
    private readonly Sink sink;
    private readonly NetworkStream stream;
    private readonly StreamTraffic sending;

    /// <summary>Returns when data flow.</summary>
    /// <param name="guest">The guest's shell.</param>
    /// <param name="hostAddress">The host's address, where <paramref name="sink"/> listens on port 9.</param>
    /// <param name="guestAddress">The card's.</param>
    /// <param name="sink">Takes what the guest sends.</param>
    public CardTraffic(GuestConsole guest, string hostAddress, string guestAddress, Sink sink)
    {
        this.guest = guest;
        this.sink = sink;
        guest.Run($"mkfifo /tmp/quiet 2>/dev/null; nc -l -p {Port} <>/tmp/quiet >/dev/null 2>&1 & nc {hostAddress} 9 </dev/zero >/dev/null 2>&1 & true");
        stream = Streams.Connect(new IPEndPoint(IPAddress.Parse(guestAddress), Port));
        sending = StreamTraffic.Send(stream);
        sink.WaitForMore(Length);
        sending.WaitForMore(Length);
    }

    /// <summary>Ends what is left of it.</summary>
    public void Dispose()
    {
        guest.Run("killall nc");
        sink.Drop();
        stream.Dispose();
        sending.WaitForEnd();
    }
}
