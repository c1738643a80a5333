namespace Limber.Bench;

/// <summary>A guest's traffic with the host, through a tap interface.</summary>
internal static class NetBenchmark
{
    private const string Name = "net";
    private const string CountsName = "net-counts";
    private const double Seconds = 120;
    private const int Trips = 500;
    private const int Datagrams = 4000;
    private const int Mebibytes = 48;
    private const int CountedMebibytes = 4;

    public static Benchmark Definition { get; } = new(Name, "network: round trips, TCP both ways, small datagrams; with and without vhost", Measure)
    {
        Machine = MachineKind.Cards,
        Repetitions = 5,
    };

    public static Benchmark CountsDefinition { get; } = new(CountsName, "network: VM exits and system calls a round trip, a MiB, a datagram", Count)
    {
        Machine = MachineKind.Cards,
    };

    private static string[] Cards => IoHost.HasVhost ? ["tap", "tap and vhost"] : ["tap"];

    private static void Measure(Session session)
    {
        Open(session);
        for (int card = 0; card < Cards.Length; card++)
        {
            GuestSignals signals = session.Machine.Signals;
            string peer = Peer(session, card);
            session.Add(Name, $"{Cards[card]}: round trip of 1 byte by TCP, us", signals.Time($"trip {peer} {Trips}", Seconds) * 1000 / Trips);
            session.Add(Name, $"{Cards[card]}: guest to host by TCP, us a MiB", signals.Time($"send {peer} {Mebibytes}", Seconds) * 1000 / Mebibytes);
            session.Add(Name, $"{Cards[card]}: host to guest by TCP, us a MiB", signals.Time($"take {peer} {Mebibytes}", Seconds) * 1000 / Mebibytes);
            session.Add(Name, $"{Cards[card]}: datagram of 64 bytes to the host, us", signals.Time($"pack {peer} {Datagrams}", Seconds) * 1000 / Datagrams);
        }
    }

    private static void Count(Session session)
    {
        Open(session);
        for (int card = 0; card < Cards.Length; card++)
        {
            string peer = Peer(session, card);
            IoCounts.Measure(session, CountsName, $"{Cards[card]}: round trip of 1 byte", Trips, $"trip {peer}");
            IoCounts.Measure(session, CountsName, $"{Cards[card]}: a MiB to the host", CountedMebibytes, $"send {peer}");
            IoCounts.Measure(session, CountsName, $"{Cards[card]}: a MiB to the guest", CountedMebibytes, $"take {peer}");
            IoCounts.Measure(session, CountsName, $"{Cards[card]}: datagram to the host", Trips, $"pack {peer}");
        }
    }

    // Once a machine.
    private static void Open(Session session)
    {
        if (session.CardsAreOpen)
        {
            return;
        }

        session.CardsAreOpen = true;
        for (int card = 0; card < Cards.Length; card++)
        {
            GuestSignals signals = session.Machine.Signals;
            int from = signals.Position;
            signals.Tell($"card {TapLink.Guest(session.Number, card)} {TapLink.Host(session.Number, card)}");
            signals.Send($"open eth{card}");
            signals.WaitFor(GuestSignals.CardAnswered, from, 1, Seconds);
        }
    }

    private static string Peer(Session session, int card) => $"{TapLink.Host(session.Number, card)} {NetPeer.Port}";
}
