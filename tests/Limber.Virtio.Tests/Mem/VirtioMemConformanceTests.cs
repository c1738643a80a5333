using System;
using Limber.Memory;
using Limber.Virtio.Mem;
using Limber.Virtio.TestKit;

namespace Limber.Virtio.Tests.Mem;

public sealed class VirtioMemConformanceTests : VirtioHostileConformance<VirtioMem>
{
    protected override ulong DeviceFeatures => 2;

    protected override VirtioMem Create(VirtioDeviceContext context) => new(
        context,
        new VirtioMemOptions(new GuestRange(new GuestAddress(1UL << 32), 1UL << 30), 2UL << 20, 512UL << 20, 0),
        new FakeBlocks());

    protected override DriverBuffer[] MakeRequest(VirtioRig rig)
    {
        byte[] request = new byte[24];
        request[0] = 3;
        BitConverter.TryWriteBytes(request.AsSpan(8), 1UL << 32);
        request[16] = 1;
        return [rig.Filled(request), rig.Buffer(10, true)];
    }

    protected override void CheckAnswer(VirtioRig rig, DriverBuffer[] request, uint written)
    {
        Assert.Equal(10u, written);
        Assert.Equal([0, 0, 0, 0, 0, 0, 0, 0, 1, 0], rig.Memory.Read(request[1].Address, 10));
    }
}
