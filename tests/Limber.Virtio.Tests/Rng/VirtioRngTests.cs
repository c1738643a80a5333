using System;
using System.IO;
using System.Linq;
using Limber.Virtio.Rng;
using Limber.Virtio.TestKit;

namespace Limber.Virtio.Tests.Rng;

public sealed class VirtioRngConformanceTests : VirtioHostileConformance<VirtioRng>
{
    protected override VirtioRng Create(VirtioDeviceContext context) =>
        new(context, new KernelEntropySource(), VirtioRngOptions.Unlimited);

    protected override DriverBuffer[] MakeRequest(VirtioRig rig) => [rig.Buffer(48, true)];

    protected override void CheckAnswer(VirtioRig rig, DriverBuffer[] request, uint written) => Assert.Equal(48u, written);
}

public sealed class VirtioRngTests
{
    [Fact]
    public void Request_GetsBytesOfTheSource_EachOnce()
    {
        var source = new CountingSource();
        using var rig = new VirtioRig(context => new VirtioRng(context, source, VirtioRngOptions.Unlimited));
        rig.Start(0);
        DriverBuffer first = rig.Buffer(100, true);
        DriverBuffer second = rig.Buffer(100, true);
        rig.Submit(0, first);
        Assert.Equal(100u, rig.Reap(0).Written);
        rig.Submit(0, second);
        Assert.Equal(100u, rig.Reap(0).Written);

        byte[] both = [.. rig.Memory.Read(first.Address, 100), .. rig.Memory.Read(second.Address, 100)];
        Assert.Equal(200, both.Distinct().Count());
        Assert.DoesNotContain((byte)0, both);
    }

    [Fact]
    public void Request_OfAMegabyte_GetsTheMost()
    {
        using var rig = new VirtioRig(context => new VirtioRng(context, new KernelEntropySource(), VirtioRngOptions.Unlimited));
        rig.Start(0);
        rig.Submit(0, new DriverBuffer(new(TestMemory.Last), 1 << 20, true));

        Assert.Equal(4096u, rig.Reap(0).Written);
    }

    [Fact]
    public void Request_WithoutRoom_ComesBackEmptyAndIsCounted()
    {
        using var rig = new VirtioRig(context => new VirtioRng(context, new KernelEntropySource(), VirtioRngOptions.Unlimited));
        rig.Start(0);
        rig.Submit(0, rig.Filled(1, 2, 3));

        Assert.Equal(0u, rig.Reap(0).Written);
        Assert.Equal(["device-readable buffer for an entropy device"], rig.Log.Oddities);
    }

    [Fact]
    public void Limit_Reached_GivesTheRestInALaterPeriod()
    {
        using var rig = new VirtioRig(
            context => new VirtioRng(context, new KernelEntropySource(), new VirtioRngOptions(100, TimeSpan.FromMilliseconds(5))));
        rig.Start(0);
        DriverBuffer buffer = rig.Buffer(64, true);
        rig.Submit(0, buffer);
        rig.Submit(0, buffer);
        rig.Submit(0, buffer);

        Assert.Equal(64u, rig.Reap(0).Written);
        Assert.Equal(36u, rig.Reap(0).Written);
        Assert.Equal(64u, rig.Reap(0).Written);
    }

    [Fact]
    public void Source_Empty_IsAskedAgain()
    {
        var source = new CountingSource { Empty = true };
        using var rig = new VirtioRig(context => new VirtioRng(context, source, VirtioRngOptions.Unlimited));
        rig.Start(0);
        rig.Submit(0, rig.Buffer(8, true));
        Eventually.Holds(() => source.Reads > 0, "a read");
        source.Empty = false;

        Assert.Equal(8u, rig.Reap(0).Written);
    }

    [Fact]
    public void Source_File_GivesItsContent()
    {
        string path = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(path, [1, 2, 3, 4, 5]);
            using var source = new FileEntropySource(path);
            byte[] buffer = new byte[8];

            Assert.Equal(5, source.Read(buffer));
            Assert.Equal([1, 2, 3, 4, 5, 0, 0, 0], buffer);
            Assert.Equal(0, source.Read(buffer));
        }
        finally
        {
            File.Delete(path);
        }
    }

    private sealed class CountingSource : IEntropySource
    {
        private byte next;

        public bool Empty { get; set; }

        public int Reads { get; private set; }

        public int Read(Span<byte> buffer)
        {
            Reads++;
            if (Empty)
            {
                return 0;
            }

            foreach (ref byte value in buffer)
            {
                next = next == 255 ? (byte)1 : (byte)(next + 1);
                value = next;
            }

            return buffer.Length;
        }

        public void Dispose() { }
    }
}
