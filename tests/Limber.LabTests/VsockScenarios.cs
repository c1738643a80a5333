using System;
using System.IO;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Threading.Tasks;
using Limber.TestKit;

namespace Limber.LabTests;

/// <summary>Sockets between guest and host.</summary>
internal static class VsockScenarios
{
    private const string Modules = "virtio_pci,vmw_vsock_virtio_transport";
    private const int Length = 1 << 20;
    private const int Rounds = 10;
    private const int EchoPort = 7;
    private const int SourcePort = 11;
    private const int SinkPort = 12;
    private const int EndlessSourcePort = 13;
    private const int EndlessSinkPort = 14;
    private const int TrafficLength = 1 << 17;
    private const int Pieces = 16;
    private const int PieceLength = 16384;

    public static Scenario[] All =>
    [
        new("vsock-ten-times", TenTimes),
    ];

    // By REST on the root bus and by QMP behind a port, in turn. The guest's echo stays while the device comes and goes.
    private static void TenTimes(LabContext context)
    {
        BothVm vm = BothVm.Start(context, Modules, WithSocat(context));
        vm.Watch(() =>
        {
            vm.Guest.Run($"head -c {Length} /dev/urandom >/tmp/sent");
            vm.Guest.Run($"socat -t 60 VSOCK-LISTEN:{EchoPort},fork PIPE >/tmp/echo.log 2>&1 & true");
            vm.Guest.Run($"socat -U VSOCK-LISTEN:{SourcePort},fork OPEN:/tmp/sent,rdonly >/tmp/source.log 2>&1 & true");
            vm.Guest.Run($"socat -u VSOCK-LISTEN:{SinkPort},fork OPEN:/tmp/taken,creat,trunc >/tmp/sink.log 2>&1 & true");
            vm.Guest.Run($"socat -U VSOCK-LISTEN:{EndlessSourcePort},fork OPEN:/dev/zero,rdonly >/dev/null 2>&1 & true");
            vm.Guest.Run($"socat -u VSOCK-LISTEN:{EndlessSinkPort},fork OPEN:/dev/null,wronly >/dev/null 2>&1 & true");
            int descriptors = 0;
            for (int round = 0; round < Rounds; round++)
            {
                string path = context["v.sock"];
                bool byRest = round % 2 == 0;
                if (byRest)
                {
                    vm.AddByRest("vsock", $$"""{"id":"vs","cid":3,"socket":"{{path}}"}""");
                }
                else
                {
                    vm.Qmp.Execute("device_add", $$"""{"driver": "virtio-vsock-pci", "id": "vs", "guest-cid": 3, "socket": "{{path}}", "bus": "rp1"}""");
                }

                vm.Guest.RunUntil("ls /sys/bus/virtio/drivers/vmw_vsock_virtio_transport | grep -c virtio", "1", 30);

                // Linux before 6.7 drops its answers to whoever connects while its driver is starting, so the guest goes first.
                Step(round, "echo by the host", () => EchoByHost(vm.Guest, path));
                Step(round, "echo by the guest", () => EchoByGuest(path));
                Step(round, "bulk", () => Bulk(vm.Guest, path));
                if (round < 2)
                {
                    Step(round, "refusals", () => Refusals(vm.Guest, path));
                }

                Step(round, "removal of a device in use", () => RemoveInUse(vm, path, byRest));
                descriptors = round < 2 ? vm.Process.CountSettledDescriptors() : descriptors;
                vm.ExpectNothingLeft("vs", descriptors);
            }
        });
        vm.Vm.PowerOff();
    }

    private static void Step(int round, string name, Action play)
    {
        try
        {
            play();
        }
        catch (Exception e) when (e is IOException or ScenarioException)
        {
            throw new ScenarioException($"{name} in round {round}: {e.Message}");
        }
    }

    // In small pieces: socat's one thread waits for itself when it has read more than a pipe holds.
    private static void EchoByGuest(string path)
    {
        using NetworkStream stream = ConnectToGuest(path, EchoPort);
        byte[] echoed = new byte[PieceLength];
        for (int i = 0; i < Pieces; i++)
        {
            byte[] piece = RandomNumberGenerator.GetBytes(PieceLength);
            stream.Write(piece);
            stream.ReadExactly(echoed);
            Check.True(piece.AsSpan().SequenceEqual(echoed), $"piece {i} came back as it was sent");
        }

        stream.Socket.Shutdown(SocketShutdown.Send);
        Check.Equal(-1, stream.ReadByte(), "byte after the end");
    }

    private static void Bulk(GuestConsole guest, string path)
    {
        using (NetworkStream stream = ConnectToGuest(path, SourcePort))
        {
            Check.Equal(guest.Run("sha256sum </tmp/sent | cut -d' ' -f1"), Streams.ReceiveSum(stream), "what the guest sent");
        }

        using (NetworkStream stream = ConnectToGuest(path, SinkPort))
        {
            string sum = Streams.SendRandom(stream, Length);
            _ = Streams.ReceiveSum(stream);
            guest.RunUntil("sha256sum </tmp/taken | cut -d' ' -f1", sum, 10);
        }
    }

    private static void EchoByHost(GuestConsole guest, string path)
    {
        using Socket listener = Listen(path + "_9");
        Task<long> echo = Task.Run(() => Echo(listener));
        guest.RunUntil("socat -t 60 STDIO VSOCK-CONNECT:2:9 </tmp/sent >/tmp/got 2>/tmp/socat.log && echo done", "done", 30);
        Check.Equal(guest.Run("sha256sum </tmp/sent"), guest.Run("sha256sum </tmp/got"), "what the host's echo sent back");
        Check.Equal(Length, echo.Result, "bytes at the host's echo");
        File.Delete(path + "_9");
    }

    private static void Refusals(GuestConsole guest, string path)
    {
        using var stream = Streams.Connect(new UnixDomainSocketEndPoint(path));
        stream.Write("CONNECT 8\n"u8);
        Check.Equal(-1, stream.ReadByte(), "connection to a port nobody listens at in the guest");
        string reason = guest.Run("socat STDIO VSOCK-CONNECT:2:10 </dev/null 2>&1 | grep -o 'Connection reset by peer'");
        Check.Equal("Connection reset by peer", reason, "connection to a port nobody listens at on the host");
    }

    // Data flow both ways in two connections, and through the guest's echo in a third. Both ends of each see its end.
    private static void RemoveInUse(BothVm vm, string path, bool byRest)
    {
        using NetworkStream echo = ConnectToGuest(path, EchoPort);
        using NetworkStream source = ConnectToGuest(path, EndlessSourcePort);
        using NetworkStream sink = ConnectToGuest(path, EndlessSinkPort);
        StreamTraffic[] traffic = [StreamTraffic.Echo(echo, PieceLength), StreamTraffic.Receive(source), StreamTraffic.Send(sink)];
        Array.ForEach(traffic, t => t.WaitForMore(TrafficLength));
        (byRest ? (Action<string>)vm.RemoveByRest : vm.RemoveByQmp)("vs");
        Array.ForEach(traffic, t => t.WaitForEnd());
        Check.True(!File.Exists(path), "the socket of the removed device is gone");
        vm.Guest.RunUntil("ls /sys/bus/virtio/drivers/vmw_vsock_virtio_transport | grep -c virtio", "0", 10);

        // Those that listen are left.
        vm.Guest.RunUntil("pidof socat | wc -w", "5", 20);
    }

    private static NetworkStream ConnectToGuest(string path, int port)
    {
        NetworkStream stream = Streams.Connect(new UnixDomainSocketEndPoint(path));
        stream.Write(Encoding.ASCII.GetBytes($"CONNECT {port}\n"));
        var answer = new StringBuilder();
        while (stream.ReadByte() is int next and >= 0 && next != '\n')
        {
            answer.Append((char)next);
        }

        Check.True(answer.ToString().StartsWith("OK ", StringComparison.Ordinal), $"CONNECT {port} was answered by \"{answer}\"");
        return stream;
    }

    private static Socket Listen(string path)
    {
        var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(path));
        listener.Listen(1);
        return listener;
    }

    // All of it, and only then back: neither end has a thread for each direction.
    private static long Echo(Socket listener)
    {
        using Socket socket = listener.Accept();
        using var stream = new NetworkStream(socket);
        using var all = new MemoryStream();
        stream.CopyTo(all);
        stream.Write(all.GetBuffer(), 0, (int)all.Length);
        socket.Shutdown(SocketShutdown.Send);
        return all.Length;
    }

    // The kernel unpacks archives that follow each other.
    private static string WithSocat(LabContext context)
    {
        string path = context["initramfs"];
        using FileStream target = File.Create(path);
        foreach (string part in (ReadOnlySpan<string>)[context.FullInitramfs, Path.Combine(context.Guest, "socat.cpio")])
        {
            using FileStream source = File.OpenRead(part);
            source.CopyTo(target);
        }

        return path;
    }
}
