using System;
using System.Linq;
using System.Runtime.InteropServices;
using Limber.Virtio;
using Limber.Virtio.TestKit;
using Limber.VirtioConsole.Balloon;

namespace Limber.VirtioConsole.Tests;

public sealed class BalloonInflateConformanceTests : VirtioHostileConformance<BalloonDevice>
{
    private static readonly uint[] Pages = [.. Enumerable.Range((int)(TestMemory.Last / 4096), 200).Select(i => (uint)i)];

    protected override BalloonDevice Create(VirtioDeviceContext context) =>
        new(context, new BalloonOptions { FreePageReporting = true }, TimeProvider.System);

    protected override DriverBuffer[] MakeRequest(VirtioRig rig) =>
        [rig.Filled(MemoryMarshal.AsBytes<uint>(Pages).ToArray())];

    protected override void CheckAnswer(VirtioRig rig, DriverBuffer[] request, uint written)
    {
        Assert.Equal(0u, written);
        Assert.Equal(new byte[4096], rig.Memory.Read(new(TestMemory.Last + (199 * 4096)), 4096));
    }
}

public sealed class BalloonReportingConformanceTests : VirtioHostileConformance<BalloonDevice>
{
    protected override int RequestQueue => 3;

    protected override ulong DeviceFeatures => BalloonFeatures.Statistics | BalloonFeatures.FreePageReporting;

    protected override BalloonDevice Create(VirtioDeviceContext context) =>
        new(context, new BalloonOptions { FreePageReporting = true }, TimeProvider.System);

    protected override DriverBuffer[] MakeRequest(VirtioRig rig) =>
        [new(new(TestMemory.Last), 0x10_0000, true), new(new(TestMemory.Last + 0x18_0000), 0x8000, true)];

    protected override void CheckAnswer(VirtioRig rig, DriverBuffer[] request, uint written) => Assert.Equal(0u, written);
}
