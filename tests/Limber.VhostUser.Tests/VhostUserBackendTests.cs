using System;
using System.Buffers.Binary;
using System.IO;
using System.Linq;
using System.Net.Sockets;
using System.Threading.Tasks;
using Limber.Interop;
using Limber.Memory;

namespace Limber.VhostUser.Tests;

public sealed class VhostUserBackendTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    private static VhostUserBackend Connect(FakeBackend fake) => new(VhostUserSocket.Connect(fake.Path, Limit));

    private static GuestMemoryRegion Region(ulong start, bool shared) => new(
        new GuestAddress(start), shared ? HostMapping.AllocateShared(0x10000, "test") : HostMapping.AllocatePrivate(0x10000, "test"));

    [Fact]
    public async Task Session_HandsOverMemoryAndRings()
    {
        using var fake = new FakeBackend();
        using GuestMemoryRegion low = Region(0, shared: true);
        using GuestMemoryRegion high = Region(0x1_0000_0000, shared: true);
        using var kick = new HostEvent();
        using var call = new HostEvent();
        using (VhostUserBackend backend = Connect(fake))
        {
            backend.Negotiate(VhostUserProtocolFeatures.Configuration);
            Assert.Equal(4UL, backend.MaximumQueues);
            backend.SetFeatures(0x1_0000_0000);
            backend.SetMemory(new GuestMemory([low, high]));
            backend.StartRing(1, new VhostUserRing
            {
                Size = 256,
                Base = 7,
                Descriptors = new GuestAddress(0x1000),
                Driver = new GuestAddress(0x1_0000_2000),
                Device = new GuestAddress(0x1_0000_3000),
                Kick = kick,
                Call = call,
            });
            Assert.Equal(0x1234, backend.StopRing(1));
        }

        await fake.Ended;
        Assert.Equal(
            [
                VhostUserRequest.GetFeatures, VhostUserRequest.SetOwner, VhostUserRequest.GetProtocolFeatures,
                VhostUserRequest.SetProtocolFeatures, VhostUserRequest.GetQueueNumber, VhostUserRequest.SetFeatures,
                VhostUserRequest.SetMemoryTable, VhostUserRequest.SetVringNumber, VhostUserRequest.SetVringBase,
                VhostUserRequest.SetVringAddress, VhostUserRequest.SetVringCall, VhostUserRequest.SetVringKick,
                VhostUserRequest.SetVringEnable, VhostUserRequest.GetVringBase,
            ],
            fake.Received.Select(r => r.Request));
        byte[] table = fake.Received[6].Payload;
        Assert.Equal(2, fake.Received[6].Descriptors);
        Assert.Equal(0x1_0000_0000UL, BinaryPrimitives.ReadUInt64LittleEndian(table.AsSpan(8 + 32)));
        Assert.Equal(0x10000UL, BinaryPrimitives.ReadUInt64LittleEndian(table.AsSpan(8 + 32 + 8)));
        byte[] address = fake.Received[9].Payload;
        Assert.Equal((ulong)low.Mapping.Address + 0x1000, BinaryPrimitives.ReadUInt64LittleEndian(address.AsSpan(8)));
        Assert.Equal((ulong)high.Mapping.Address + 0x3000, BinaryPrimitives.ReadUInt64LittleEndian(address.AsSpan(16)));
        Assert.Equal((ulong)high.Mapping.Address + 0x2000, BinaryPrimitives.ReadUInt64LittleEndian(address.AsSpan(24)));
        Assert.Equal(VhostUserBackend.ProtocolFeaturesBit | 0x1_0000_0000, BinaryPrimitives.ReadUInt64LittleEndian(fake.Received[5].Payload));

        // The descriptors that arrived are the same files and events.
        using HostMapping other = HostMapping.MapShared(fake.Descriptors[0].Number, 0x10000, "view");
        unsafe
        {
            *(byte*)low.Mapping.Address = 0x5A;
            Assert.Equal(0x5A, *(byte*)other.Address);
        }
    }

    [Fact]
    public void PrivateMemory_IsRefusedBeforeAnythingIsSent()
    {
        using var fake = new FakeBackend();
        using GuestMemoryRegion region = Region(0, shared: false);
        using VhostUserBackend backend = Connect(fake);
        backend.Negotiate(VhostUserProtocolFeatures.None);

        var e = Assert.Throws<VhostUserException>(() => backend.SetMemory(new GuestMemory([region])));

        Assert.Contains("needs shared guest memory", e.Message);
        Assert.DoesNotContain(fake.Received, r => r.Request == VhostUserRequest.SetMemoryTable);
    }

    [Fact]
    public void Connect_ToOneThatAcceptsNobody_DoesNotWaitForEver()
    {
        string directory = Directory.CreateTempSubdirectory("limber-vhost").FullName;
        string path = Path.Combine(directory, "s");
        using (var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            listener.Bind(new UnixDomainSocketEndPoint(path));
            listener.Listen(0);
            using VhostUserSocket waiting = VhostUserSocket.Connect(path, Limit);
            var e = Assert.Throws<VhostUserException>(() => VhostUserSocket.Connect(path, TimeSpan.FromMilliseconds(1)));
            Assert.Equal($"cannot connect to {path}: time is up", e.Message);
        }

        Directory.Delete(directory, recursive: true);
    }

    [Fact]
    public void Refusal_IsAnErrorThatNamesTheRequest()
    {
        using var fake = new FakeBackend { Refused = VhostUserRequest.SetMemoryTable };
        using GuestMemoryRegion region = Region(0, shared: true);
        using VhostUserBackend backend = Connect(fake);
        backend.Negotiate(VhostUserProtocolFeatures.None);

        var e = Assert.Throws<VhostUserException>(() => backend.SetMemory(new GuestMemory([region])));

        Assert.Equal("the back end refused SetMemoryTable with 5", e.Message);
    }

    [Theory]
    [InlineData(VhostUserRequest.GetFeatures)]
    [InlineData(VhostUserRequest.GetQueueNumber)]
    [InlineData(VhostUserRequest.SetFeatures)]
    public void HangUp_IsAnError(VhostUserRequest last)
    {
        using var fake = new FakeBackend { Last = last };
        using VhostUserBackend backend = Connect(fake);

        Assert.Throws<VhostUserException>(() =>
        {
            backend.Negotiate(VhostUserProtocolFeatures.None);
            backend.SetFeatures(0);
        });
    }

    [Fact]
    public void OldBackend_WithoutProtocolFeatures_GetsNone()
    {
        using var fake = new FakeBackend { Features = 1 };
        using VhostUserBackend backend = Connect(fake);

        backend.Negotiate(VhostUserProtocolFeatures.Configuration);

        Assert.Equal((1UL, VhostUserProtocolFeatures.None, 1UL), (backend.Features, backend.ProtocolFeatures, backend.MaximumQueues));
    }

    [Fact]
    public void Silence_EndsWhenTimeIsUp()
    {
        using var fake = new FakeBackend();
        using VhostUserSocket socket = VhostUserSocket.Connect(fake.Path, TimeSpan.FromMilliseconds(20));

        var e = Assert.Throws<VhostUserException>(() => socket.Receive(new byte[VhostUserSocket.MaximumPayload], null));

        Assert.Equal("the back end does not answer: time is up", e.Message);
    }

    [Fact]
    public void Connect_WithoutListener_NamesThePath()
    {
        var e = Assert.Throws<VhostUserException>(() => VhostUserSocket.Connect("/nonexistent/socket", Limit));

        Assert.Equal("cannot connect to /nonexistent/socket: No such file or directory", e.Message);
    }
}
