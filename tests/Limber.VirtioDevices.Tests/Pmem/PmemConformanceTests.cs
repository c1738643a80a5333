using System;
using System.IO;
using Limber.Memory;
using Limber.Virtio;
using Limber.Virtio.TestKit;
using Limber.VirtioDevices.Pmem;
using Limber.VirtioDevices.Tests.Fakes;

namespace Limber.VirtioDevices.Tests.Pmem;

public sealed class PmemConformanceTests : VirtioHostileConformance<PmemDevice>, IDisposable
{
    private readonly string path = Path.GetTempFileName();

    public PmemConformanceTests()
    {
        using FileStream file = File.OpenWrite(path);
        file.SetLength((long)PmemFile.Alignment);
    }

    public void Dispose() => File.Delete(path);

    protected override PmemDevice Create(VirtioDeviceContext context) => new(
        context, PmemFile.Open(path, null, discardWrites: false), new GuestAddress(1UL << 40), new FakeMappings(), () => true);

    protected override DriverBuffer[] MakeRequest(VirtioRig rig) => [rig.Filled(0, 0, 0, 0), rig.Buffer(4, true)];

    protected override void CheckAnswer(VirtioRig rig, DriverBuffer[] request, uint written)
    {
        Assert.Equal(4u, written);
        Assert.Equal(new byte[4], rig.Memory.Read(request[1].Address, 4));
    }
}
