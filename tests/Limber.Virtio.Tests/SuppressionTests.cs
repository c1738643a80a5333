using Limber.Virtio.TestKit;
using Limber.Virtio.Tests.Fakes;

namespace Limber.Virtio.Tests;

/// <summary>
/// Driver and device switch notifications and interrupts off and on all the time, each in its own thread, and sleep only when
/// the other one has promised to wake them.
/// </summary>
public sealed class SuppressionTests
{
    private const int Requests = 20_000;

    [Theory]
    [InlineData(0UL)]
    [InlineData(VirtioFeatures.EventIndex)]
    [InlineData(VirtioFeatures.RingPacked)]
    [InlineData(VirtioFeatures.RingPacked | VirtioFeatures.EventIndex)]
    public void WakeUps_AreNeverLost(ulong features)
    {
        using var rig = new VirtioRig(context => new EchoDevice(context));
        rig.Start(features, queueSize: 8);
        RingDriver ring = rig[0];
        DriverBuffer[] request = [rig.Filled(1, 2, 3, 4), rig.Buffer(4, true)];
        int submitted = 0;
        int back = 0;
        while (back < Requests)
        {
            while (submitted < Requests && ring.TrySubmit(request, out _))
            {
                submitted++;
                if (ring.Publish())
                {
                    rig.Kick(0);
                }
            }

            int interrupts = rig.Transport.QueueInterrupts;
            if (!ring.SetInterrupts(wanted: true))
            {
                Eventually.Holds(() => rig.Transport.QueueInterrupts != interrupts, "an interrupt");
            }

            ring.SetInterrupts(wanted: false);
            while (ring.TryReap(out _, out uint written))
            {
                Assert.Equal(4u, written);
                back++;
            }
        }

        Assert.Equal(0, ring.Outstanding);
    }
}
