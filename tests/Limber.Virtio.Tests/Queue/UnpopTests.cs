using Limber.Virtio.TestKit;
using Limber.Virtio.Tests.Fakes;

namespace Limber.Virtio.Tests.Queue;

/// <summary>Pops that are undone, and chains that become visible together.</summary>
public sealed class UnpopTests
{
    public static TheoryData<ulong> Rings { get; } =
        [0, VirtioFeatures.IndirectDescriptors, VirtioFeatures.RingPacked, VirtioFeatures.RingPacked | VirtioFeatures.IndirectDescriptors];

    private static DriverBuffer[] Request(QueueRig rig, int number) =>
        [new(rig.Data, 8, false), new(rig.Data + (ulong)(16 * (number + 1)), 8, true)];

    [Theory]
    [MemberData(nameof(Rings))]
    public void Unpop_OfSeveral_GivesThemOutAgainInOrder(ulong features)
    {
        using var rig = new QueueRig(features, size: 8);
        for (int lap = 0; lap < 30; lap++)
        {
            ushort[] ids = new ushort[3];
            for (int i = 0; i < ids.Length; i++)
            {
                Assert.True(rig.Driver.TrySubmit(Request(rig, i), out ids[i]));
            }

            rig.Driver.Publish();
            var chains = new DescriptorChain[ids.Length];
            for (int round = 0; round < 3; round++)
            {
                for (int i = 0; i < chains.Length; i++)
                {
                    Assert.True(rig.Queue.TryPop(out DescriptorChain? chain));
                    Assert.Equal(rig.Memory.Memory.TryTranslate(rig.Data + (ulong)(16 * (i + 1)), out nint host, out _) ? host : 0, chain.Writable[0].Base);
                    chains[i] = chain;
                }

                Assert.False(rig.Queue.TryPop(out _));
                for (int i = round == 2 ? 0 : chains.Length; i > 0; i--)
                {
                    rig.Queue.Unpop(chains[i - 1]);
                }

                Assert.Equal(round == 2 ? 3 : 0, rig.Queue.InFlight);
                Assert.False(rig.Driver.TryReap(out _, out _));
            }

            for (int i = 0; i < chains.Length; i++)
            {
                rig.Queue.Push(chains[i], (uint)i);
                Assert.True(rig.Driver.TryReap(out ushort id, out uint written));
                Assert.Equal((ids[i], (uint)i), (id, written));
            }
        }

        Assert.Empty(rig.Oddities);
    }

    [Theory]
    [MemberData(nameof(Rings))]
    public void Batch_IsVisibleAtItsEndAndNotBefore(ulong features)
    {
        using var rig = new QueueRig(features, size: 8);
        for (int lap = 0; lap < 30; lap++)
        {
            for (int i = 0; i < 3; i++)
            {
                Assert.True(rig.Driver.TrySubmit(Request(rig, i), out _));
            }

            rig.Driver.SetInterrupts(wanted: true);
            rig.Driver.Publish();
            rig.Queue.BeginBatch();
            while (rig.Queue.TryPop(out DescriptorChain? chain))
            {
                rig.Queue.Push(chain, 8);
                Assert.False(rig.Driver.TryReap(out _, out _));
            }

            rig.Queue.EndBatch();
            int interrupts = rig.Interrupts;
            rig.Queue.SignalUsed();
            Assert.Equal(interrupts + 1, rig.Interrupts);
            for (int i = 0; i < 3; i++)
            {
                Assert.True(rig.Driver.TryReap(out _, out uint written));
                Assert.Equal(8u, written);
            }
        }
    }

    [Fact]
    public void Batch_OfNothing_ShowsNothing()
    {
        using var rig = new QueueRig(VirtioFeatures.RingPacked);
        rig.Queue.BeginBatch();
        rig.Queue.EndBatch();
        Assert.False(rig.Driver.TryReap(out _, out _));
    }
}
