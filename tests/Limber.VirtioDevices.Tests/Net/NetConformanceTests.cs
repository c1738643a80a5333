using System;
using Limber.Net;
using Limber.Virtio;
using Limber.Virtio.TestKit;
using Limber.VirtioDevices.Net;
using Limber.VirtioDevices.Tests.Fakes;

namespace Limber.VirtioDevices.Tests.Net;

/// <summary>The conformance of the transmit queue.</summary>
public sealed class NetSendConformanceTests : VirtioHostileConformance<NetDevice>
{
    protected override int RequestQueue => 1;

    protected override ulong DeviceFeatures => NetFeatures.ControlQueue;

    protected override NetDevice Create(VirtioDeviceContext context) =>
        new(context, new FakeNetBackend(), new NetDeviceOptions { Mac = MacAddress.Default(0) });

    protected override DriverBuffer[] MakeRequest(VirtioRig rig) => [rig.Filled(new byte[12]), rig.Filled(new byte[60])];

    protected override void CheckAnswer(VirtioRig rig, DriverBuffer[] request, uint written) => Assert.Equal(0u, written);
}

/// <summary>The conformance of the receive queue, when there is always a frame.</summary>
public abstract class NetReceiveConformanceTests : VirtioHostileConformance<NetDevice>
{
    protected override NetDevice Create(VirtioDeviceContext context)
    {
        var backend = new FakeNetBackend { Frame = new byte[72] };
        backend.Frame.AsSpan(12).Fill(7);

        // Some tests give the same buffer many times, so the number of buffers must not change while they look.
        backend.Frame[10] = 1;
        backend.Offer(int.MaxValue);
        return new(context, backend, new NetDeviceOptions { Mac = MacAddress.Default(0) });
    }

    protected override DriverBuffer[] MakeRequest(VirtioRig rig) => [rig.Buffer(12, true), rig.Buffer(2000, true)];

    protected override void CheckAnswer(VirtioRig rig, DriverBuffer[] request, uint written)
    {
        Assert.Equal(72u, written);
        Assert.Equal([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0], rig.Memory.Read(request[0].Address, 12));
        Assert.Equal(7, rig.Memory.Read(request[1].Address, 60)[59]);
    }
}

public sealed class NetPlainReceiveConformanceTests : NetReceiveConformanceTests;

public sealed class NetMergingReceiveConformanceTests : NetReceiveConformanceTests
{
    protected override ulong DeviceFeatures => NetFeatures.MergeableReceiveBuffers;
}
