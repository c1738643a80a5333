using System;
using System.IO;
using System.Threading;
using Limber.Memory;
using Limber.Virtio;
using Limber.Virtio.TestKit;
using Limber.VirtioDevices.Pmem;
using Limber.VirtioDevices.Tests.Fakes;

namespace Limber.VirtioDevices.Tests.Pmem;

public sealed class PmemTests : IDisposable
{
    private const ulong Start = 0x1_0000_0000;
    private const int Size = 2 << 20;
    private readonly string path = Path.GetTempFileName();
    private readonly FakeMappings mappings = new();

    public PmemTests()
    {
        using FileStream file = File.OpenWrite(path);
        file.SetLength(Size);
    }

    public void Dispose() => File.Delete(path);

    private static byte[] Result(VirtioRig rig, DriverBuffer buffer) => rig.Memory.Read(buffer.Address, 4);

    private static byte[] FlushAndReap(VirtioRig rig)
    {
        DriverBuffer answer = rig.Buffer(4, true);
        rig.Submit(0, rig.Filled(0, 0, 0, 0), answer);
        rig.Reap(0);
        return Result(rig, answer);
    }

    private void Cut(int length)
    {
        using FileStream file = new(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
        file.SetLength(length);
    }

    private VirtioRig CreateRig(Func<bool>? flush = null, bool discard = false) => new(c =>
    {
        PmemFile file = PmemFile.Open(path, null, discard);
        return new PmemDevice(c, file, new GuestAddress(Start), mappings, flush ?? file.Flush);
    });

    [Fact]
    public void Device_MapsTheFileAndSaysWhere()
    {
        using (VirtioRig rig = CreateRig())
        {
            (ulong address, nint host, ulong length, bool readOnly) = Assert.Single(mappings.Current);
            Assert.Equal((Start, (ulong)Size, false), (address, length, readOnly));
            byte[] config = new byte[16];
            Assert.True(rig.Registers.TryReadConfig(0, config));
            Assert.Equal(Start, BitConverter.ToUInt64(config));
            Assert.Equal((ulong)Size, BitConverter.ToUInt64(config, 8));
            rig.Start(0);
            unsafe
            {
                ((byte*)host)[Size - 1] = 0x5A;
            }

            DriverBuffer answer = rig.Buffer(4, true);
            rig.Submit(0, rig.Filled(0, 0, 0, 0), answer);
            Assert.Equal(4u, rig.Reap(0).Written);
            Assert.Equal(new byte[4], Result(rig, answer));
            Assert.Equal(0x5A, File.ReadAllBytes(path)[Size - 1]);
        }

        Assert.Empty(mappings.Current);
    }

    [Fact]
    public unsafe void DiscardedWrites_DoNotReachTheFile()
    {
        using VirtioRig rig = CreateRig(discard: true);
        ((byte*)mappings.Current[0].Host)[0] = 0x5A;
        rig.Start(0);
        DriverBuffer answer = rig.Buffer(4, true);
        rig.Submit(0, rig.Filled(0, 0, 0, 0), answer);
        rig.Reap(0);
        Assert.Equal(new byte[4], Result(rig, answer));
        Assert.Equal(0, File.ReadAllBytes(path)[0]);
    }

    [Fact]
    public void Flush_ThatFails_SaysSo()
    {
        using VirtioRig rig = CreateRig(() => false);
        rig.Start(0);
        DriverBuffer answer = rig.Buffer(4, true);
        rig.Submit(0, rig.Filled(0, 0, 0, 0), answer);
        rig.Reap(0);
        Assert.Equal([0xff, 0xff, 0xff, 0xff], Result(rig, answer));
    }

    [Fact]
    public unsafe void FileCutOff_GuestGetsZerosAndFailingFlushes_AndTheUserHearsOfIt()
    {
        using VirtioRig rig = CreateRig();
        rig.Start(0);
        byte* pages = (byte*)mappings.Current[0].Host;
        pages[0] = 0x11;
        pages[Size - 1] = 0x5A;
        rig.OnLoop(() => { });
        Cut(5000);

        Eventually.Holds(() => rig.Faults == 1, "the report");
        Assert.Contains("was cut off", rig.Fault!.Message, StringComparison.Ordinal);
        Assert.Equal((0x11, 0), (pages[0], pages[Size - 1]));
        pages[Size - 1] = 1;
        Assert.Equal([0xff, 0xff, 0xff, 0xff], FlushAndReap(rig));
        Assert.Equal(5000, new FileInfo(path).Length);
        Assert.False(((PmemDevice)rig.Device).TryReplaceLost());
    }

    [Fact]
    public void FileWrittenByOthers_IsNoLoss()
    {
        using VirtioRig rig = CreateRig();
        rig.Start(0);
        using (FileStream file = new(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
        {
            file.Write(new byte[100]);
            file.SetLength(2 * Size);
        }

        rig.OnLoop(() => { });
        rig.OnLoop(() => { });
        Assert.Equal(new byte[4], FlushAndReap(rig));
        Assert.Equal(0, rig.Faults);
    }

    [Fact]
    public void Requests_ThatMakeNoSense_AreGivenBack()
    {
        using VirtioRig rig = CreateRig();
        rig.Start(0);
        DriverBuffer answer = rig.Buffer(4, true);
        rig.Submit(0, rig.Filled(1, 0, 0, 0), answer);
        Assert.Equal(4u, rig.Reap(0).Written);
        Assert.Equal([0xff, 0xff, 0xff, 0xff], Result(rig, answer));
        rig.Submit(0, rig.Filled(0, 0, 0), answer);
        Assert.Equal(0u, rig.Reap(0).Written);
        rig.Submit(0, rig.Filled(0, 0, 0, 0));
        Assert.Equal(0u, rig.Reap(0).Written);
        Assert.Equal(3, rig.Log.Oddities.Length);
    }

    [Fact]
    public void SlowDisk_HoldsUpNeitherLoopNorMoreRequests_AndFlushesAreShared()
    {
        using var disk = new SemaphoreSlim(0);
        int flushes = 0;
        using VirtioRig rig = CreateRig(() =>
        {
            Interlocked.Increment(ref flushes);
            disk.Wait();
            return true;
        });
        rig.Start(0);
        DriverBuffer request = rig.Filled(0, 0, 0, 0);
        DriverBuffer answer = rig.Buffer(4, true);
        rig.Submit(0, request, answer);
        Eventually.Holds(() => Volatile.Read(ref flushes) == 1, "a flush");
        for (int i = 0; i < 5; i++)
        {
            rig.Submit(0, request, answer);
            rig.OnLoop(() => { });
        }

        // A reset waits for the disk; the driver sees that it is not complete.
        Assert.False(rig[0].TryReap(out _, out _));
        disk.Release(2);
        for (int i = 0; i < 6; i++)
        {
            rig.Reap(0);
        }

        Assert.Equal(2, flushes);
        rig.Submit(0, request, answer);
        Eventually.Holds(() => Volatile.Read(ref flushes) == 3, "a flush");
        rig.Registers.WriteStatus(0);
        rig.OnLoop(() => { });
        Assert.NotEqual(VirtioStatus.None, rig.Registers.Status);
        disk.Release();
        Eventually.Holds(() => rig.Registers.Status == VirtioStatus.None, "the end of the reset");
    }

    [Fact]
    public void File_ThatIsTooShort_GrowsUnlessItIsNotWritten()
    {
        Assert.Throws<ArgumentException>(() => PmemFile.Open(path, 2 * Size, discardWrites: true));
        using (PmemFile file = PmemFile.Open(path, 2 * Size, discardWrites: false))
        {
            Assert.Equal(2UL * Size, file.Mapping.Length);
        }

        Assert.Equal(2 * Size, new FileInfo(path).Length);
    }

    [Theory]
    [InlineData(0UL)]
    [InlineData(4096UL)]
    public void Size_NotAligned_IsRefused(ulong size) =>
        Assert.Throws<ArgumentException>(() => PmemFile.Open(path, size, discardWrites: false));

    [Fact]
    public void Start_NotAligned_IsRefused()
    {
        using PmemFile file = PmemFile.Open(path, null, discardWrites: false);
        Assert.Throws<ArgumentException>(() => new VirtioRig(c => new PmemDevice(c, file, new GuestAddress(0x1000), mappings)));
        Assert.Empty(mappings.Current);
    }
}
