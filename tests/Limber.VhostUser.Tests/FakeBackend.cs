using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.IO;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Threading.Tasks;
using Limber.Interop;

namespace Limber.VhostUser.Tests;

/// <summary>The other side of a connection: records what it is told and answers as the test says.</summary>
internal sealed partial class FakeBackend : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    private readonly string? directory;
    private readonly Socket listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly Task serving;
    private Socket? client;

    /// <param name="path">Where it listens, in place of an earlier one; null for a place of its own.</param>
    /// <param name="connects">It connects to the path instead.</param>
    public FakeBackend(string? path = null, bool connects = false)
    {
        directory = path is null ? Directory.CreateTempSubdirectory("limber-vhost").FullName : null;
        Path = path ?? System.IO.Path.Combine(directory!, "s");
        if (connects)
        {
            client = listener;
            listener.Connect(new UnixDomainSocketEndPoint(Path));
        }
        else
        {
            File.Delete(Path);
            listener.Bind(new UnixDomainSocketEndPoint(Path));
            listener.Listen();
        }

        serving = Task.Run(Serve);
    }

    public string Path { get; }

    public ulong Features { get; init; } = VhostUserBackend.ProtocolFeaturesBit | 0x1_0000_0001;

    public ulong ProtocolFeatures { get; init; } = 0x209;

    /// <summary>The request that is refused, or 0.</summary>
    public VhostUserRequest Refused { get; init; }

    /// <summary>The request after which it hangs up, or 0.</summary>
    public VhostUserRequest Last { get; init; }

    public List<(VhostUserRequest Request, byte[] Payload, int Descriptors)> Received { get; } = [];

    public List<FileDescriptor> Descriptors { get; } = [];

    /// <summary>Returns when the connection has ended.</summary>
    public Task Ended => serving;

    /// <summary>Ends the connection, as a back end that is killed.</summary>
    public void HangUp() => client!.Shutdown(SocketShutdown.Both);

    public void Dispose()
    {
        listener.Dispose();
        Descriptors.ForEach(d => d.Dispose());
        if (directory is not null)
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    [LibraryImport("libc")]
    private static partial int dup(int fd);

    private void Serve()
    {
        client ??= listener.Accept();
        using Socket end = client;
        using var socket = new VhostUserSocket(new FileDescriptor(dup((int)client.Handle)), Limit);
        byte[] payload = new byte[VhostUserSocket.MaximumPayload];
        try
        {
            while (true)
            {
                var descriptors = new List<FileDescriptor>();
                (VhostUserRequest request, uint flags, int length) = socket.Receive(payload, descriptors);
                Descriptors.AddRange(descriptors);
                Received.Add((request, payload[..length], descriptors.Count));
                if (request == Last)
                {
                    return;
                }

                Answer(socket, request, flags, payload.AsSpan(0, length));
            }
        }
        catch (VhostUserException)
        {
            // The front end is gone.
        }
    }

    private void Answer(VhostUserSocket socket, VhostUserRequest request, uint flags, ReadOnlySpan<byte> payload)
    {
        ulong? value = request switch
        {
            VhostUserRequest.GetFeatures => Features,
            VhostUserRequest.GetProtocolFeatures => ProtocolFeatures,
            VhostUserRequest.GetQueueNumber => 4,
            VhostUserRequest.GetVringBase => BinaryPrimitives.ReadUInt32LittleEndian(payload) | (0x1234UL << 32),
            _ => (flags & VhostUserSocket.NeedReplyFlag) != 0 ? (request == Refused ? 5UL : 0UL) : null,
        };
        if (value is { } answer)
        {
            byte[] reply = new byte[8];
            BinaryPrimitives.WriteUInt64LittleEndian(reply, answer);
            socket.Send(request, VhostUserSocket.ReplyFlag, reply, []);
        }
    }
}
