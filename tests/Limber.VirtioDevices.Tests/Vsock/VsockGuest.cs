using System;
using System.IO;
using System.Net.Sockets;
using System.Text;
using Limber.Memory;
using Limber.Virtio.TestKit;
using Limber.VirtioDevices.Vsock;

namespace Limber.VirtioDevices.Tests.Vsock;

/// <summary>The guest's side of a socket device, packet by packet.</summary>
internal sealed class VsockGuest : IDisposable
{
    public const uint ContextId = 42;
    public const int BufferLength = 4096;
    private const int Buffers = 32;
    private readonly string directory = Directory.CreateTempSubdirectory("limber-vsock").FullName;
    private readonly DriverBuffer[] buffers = new DriverBuffer[Buffers];
    private readonly GuestAddress scratch;
    private int next;

    public VsockGuest(ulong features = 0, bool withBuffers = true, TimeSpan? requestLimit = null)
    {
        Path = System.IO.Path.Combine(directory, "v");
        Rig = new VirtioRig(c => new VsockDevice(c, ContextId, Path) { RequestLimit = requestLimit ?? TimeSpan.FromMinutes(1) });
        Rig.Start(features, Buffers);
        scratch = Rig.Memory.Allocate(200_000);
        for (int i = 0; i < Buffers; i++)
        {
            buffers[i] = Rig.Buffer(BufferLength, true);
            if (withBuffers)
            {
                Give(i);
            }
        }
    }

    public VirtioRig Rig { get; }

    public VsockDevice Device => (VsockDevice)Rig.Device;

    public string Path { get; }

    /// <summary>What packets say unless told otherwise.</summary>
    public uint BufferSize { get; set; } = 1 << 20;

    public uint Forwarded { get; set; }

    public void Give(int index) => Rig.Submit(0, buffers[index]);

    public void Send(
        VsockOperation operation, uint guestPort, uint hostPort, byte[]? payload = null, uint flags = 0, Func<VsockHeader, VsockHeader>? change = null)
    {
        payload ??= [];
        var header = new VsockHeader
        {
            SourceContext = ContextId,
            DestinationContext = 2,
            SourcePort = guestPort,
            DestinationPort = hostPort,
            Length = (uint)payload.Length,
            Type = 1,
            Operation = operation,
            Flags = flags,
            BufferSize = BufferSize,
            Forwarded = Forwarded,
        };
        header = change?.Invoke(header) ?? header;
        byte[] packet = new byte[VsockHeader.Bytes + payload.Length];
        System.Runtime.InteropServices.MemoryMarshal.Write(packet, header);
        payload.CopyTo(packet, VsockHeader.Bytes);
        Rig.Memory.Write(scratch, packet);
        Rig.Submit(1, new DriverBuffer(scratch, packet.Length, false));
        Rig.Reap(1);
    }

    /// <summary>The next packet; its buffer goes back at once.</summary>
    public (VsockHeader Header, byte[] Payload) Receive()
    {
        uint written = Rig.Reap(0).Written;
        byte[] packet = Rig.Memory.Read(buffers[next].Address, (int)written);
        var header = System.Runtime.InteropServices.MemoryMarshal.Read<VsockHeader>(packet);
        Give(next);
        next = (next + 1) % Buffers;
        Assert.Equal((2UL, (ulong)ContextId, 1), (header.SourceContext, header.DestinationContext, (int)header.Type));
        Assert.Equal(header.Length, (uint)(packet.Length - VsockHeader.Bytes));
        return (header, packet[VsockHeader.Bytes..]);
    }

    public VsockHeader Receive(VsockOperation expected)
    {
        VsockHeader header = Receive().Header;
        Assert.Equal(expected, header.Operation);
        return header;
    }

    public Socket Connect(string line = "CONNECT 1024\n")
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified) { ReceiveTimeout = 20_000, SendTimeout = 20_000 };
        socket.Connect(new UnixDomainSocketEndPoint(Path));
        socket.Send(Encoding.ASCII.GetBytes(line));
        return socket;
    }

    /// <summary>A connection that a host program opened and the guest accepted.</summary>
    public (Socket Socket, uint HostPort) Open()
    {
        Socket socket = Connect();
        VsockHeader request = Receive(VsockOperation.Request);
        Send(VsockOperation.Response, 1024, request.SourcePort);
        Assert.Equal($"OK {request.SourcePort}\n", Read(socket, $"OK {request.SourcePort}\n".Length));
        return (socket, request.SourcePort);
    }

    public Socket Listen(uint port)
    {
        var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint($"{Path}_{port}"));
        listener.Listen();
        return listener;
    }

    public static string Read(Socket socket, int length)
    {
        byte[] data = new byte[length];
        int done = 0;
        while (done < length)
        {
            int count = socket.Receive(data.AsSpan(done));
            Assert.NotEqual(0, count);
            done += count;
        }

        return Encoding.Latin1.GetString(data);
    }

    public int Connections()
    {
        int count = 0;
        Rig.OnLoop(() => count = Device.ConnectionCount);
        return count;
    }

    public void Dispose()
    {
        Rig.Dispose();
        Directory.Delete(directory, recursive: true);
    }
}
