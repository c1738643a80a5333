using System.Linq;
using Limber.Virtio.TestKit;
using Limber.Virtio.Tests.Fakes;

namespace Limber.Virtio.Tests;

public sealed class EchoConformanceTests : VirtioHostileConformance<VirtioDevice>
{
    private static readonly byte[] Content = [.. Enumerable.Range(1, 40).Select(i => (byte)i)];

    protected override VirtioDevice Create(VirtioDeviceContext context) => new EchoDevice(context);

    protected override DriverBuffer[] MakeRequest(VirtioRig rig) =>
        [rig.Filled(Content[..7]), rig.Filled(Content[7..]), rig.Buffer(30, true), rig.Buffer(10, true)];

    protected override void CheckAnswer(VirtioRig rig, DriverBuffer[] request, uint written)
    {
        Assert.Equal((uint)Content.Length, written);
        Assert.Equal(Content[..30], rig.Memory.Read(request[2].Address, 30));
        Assert.Equal(Content[30..], rig.Memory.Read(request[3].Address, 10));
    }
}
