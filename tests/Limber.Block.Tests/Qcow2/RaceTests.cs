using System;
using System.Threading;
using Limber.Block.Qcow2;
using Limber.Block.Tests.Support;

namespace Limber.Block.Tests.Qcow2;

/// <summary>
/// A guest that writes and discards the same clusters at once harms those only. The file holds a write up at the moment that
/// matters, so that the order is always the same.
/// </summary>
public sealed unsafe class RaceTests : IDisposable
{
    private const int Cluster = 65536;
    private readonly ScratchDirectory scratch = new();
    private readonly ManualResetEventSlim reached = new();
    private readonly ManualResetEventSlim release = new();

    [Fact]
    public void WriteInPlace_WhileItsClusterIsDiscarded_NeverHitsTheNextOwner()
    {
        string path = Create(snapshot: false);
        using (FailingFile file = new(path))
        using (Qcow2Store store = new(file, Qcow2HeaderReader.Read(file, false), null, false, true))
        {
            Assert.Equal(0, Write(store, 0, 1));
            Assert.Equal(0, store.Flush());
            HoldUpNextWrite(file);
            Thread late = Start(() => Write(store, 0, 2));
            reached.Wait(TestContext.Current.CancellationToken);
            Assert.Equal(0, store.Discard(0, Cluster));
            Assert.Equal(0, store.Flush());
            Assert.Equal(0, store.Flush());
            for (ulong other = 1; other < 8; other++)
            {
                Assert.Equal(0, Write(store, other * Cluster, (byte)(other + 10)));
            }

            release.Set();
            late.Join();
            for (ulong other = 1; other < 8; other++)
            {
                Assert.Equal((byte)(other + 10), Read(store, other * Cluster));
            }

            // The cluster was only lent: once the write has ended it is used again.
            Assert.Equal(0, store.Flush());
        }

        QemuImg.CheckClean(path);
    }

    [Fact]
    public void Discard_OfAClusterThatIsBeingReplaced_Waits()
    {
        string path = Create(snapshot: true);
        using (FailingFile file = new(path))
        using (Qcow2Store store = new(file, Qcow2HeaderReader.Read(file, false), null, false, true))
        {
            // Copies the table that the snapshot shares, so that the write held up is the data's.
            Assert.Equal(0, Write(store, 8 * Cluster, 1));
            HoldUpNextWrite(file);
            Thread writer = Start(() => Write(store, 0, 2));
            reached.Wait(TestContext.Current.CancellationToken);
            Thread discarder = Start(() => store.Discard(0, Cluster));
            Thread second = Start(() => Write(store, 512, 3));
            Assert.False(discarder.Join(50), "the discard did not wait for the write");
            release.Set();
            writer.Join();
            discarder.Join();
            second.Join();
            Assert.Equal(0, store.Flush());
        }

        QemuImg.CheckClean(path);
        QemuImg.Run("snapshot", "-a", "before", path);
        QemuImg.Run("compare", "-f", "raw", "-F", "qcow2", scratch.File("original"), path);
    }

    [Fact]
    public void TwoWrites_ToOneNewCluster_AllocateItOnce()
    {
        string path = Create(snapshot: false);
        using (FailingFile file = new(path))
        using (Qcow2Store store = new(file, Qcow2HeaderReader.Read(file, false), null, false, true))
        {
            Assert.Equal(0, Write(store, 8 * Cluster, 1));
            HoldUpNextWrite(file);
            Thread first = Start(() => Write(store, 0, 2));
            reached.Wait(TestContext.Current.CancellationToken);
            Thread second = Start(() => Write(store, 4096, 3));
            Assert.False(second.Join(50), "the second write did not wait for the first");
            release.Set();
            first.Join();
            second.Join();
            Assert.Equal(2, Read(store, 0));
            Assert.Equal(3, Read(store, 4096));
            Assert.Equal(0, Read(store, 8192));
        }

        QemuImg.CheckClean(path);
    }

    public void Dispose()
    {
        scratch.Dispose();
        reached.Dispose();
        release.Dispose();
    }

    private static Thread Start(Func<int> action)
    {
        Thread thread = new(() => _ = action()) { IsBackground = true };
        thread.Start();
        return thread;
    }

    private static int Write(Qcow2Store store, ulong offset, byte value)
    {
        byte* buffer = stackalloc byte[512];
        new Span<byte>(buffer, 512).Fill(value);
        BlockSegment segment = new(buffer, 512);
        return store.Write(offset, new SegmentList(&segment, 1), 0, 512);
    }

    private static byte Read(Qcow2Store store, ulong offset)
    {
        byte* buffer = stackalloc byte[512];
        BlockSegment segment = new(buffer, 512);
        Assert.Equal(0, store.Read(offset, new SegmentList(&segment, 1), 0, 512));
        Assert.Equal(buffer[0], buffer[511]);
        return buffer[0];
    }

    private void HoldUpNextWrite(FailingFile file)
    {
        int held = 0;
        file.BeforeWrite = _ =>
        {
            if (Interlocked.Exchange(ref held, 1) == 0)
            {
                reached.Set();
                release.Wait();
            }
        };
    }

    private string Create(bool snapshot)
    {
        string path = scratch.File("disk.qcow2");
        if (!snapshot)
        {
            QemuImg.Run("create", "-q", "-f", "qcow2", path, "1M");
            return path;
        }

        string original = scratch.RandomFile("original", 1 << 20, 1);
        QemuImg.Run("convert", "-f", "raw", "-O", "qcow2", original, path);
        QemuImg.Run("snapshot", "-c", "before", path);
        return path;
    }
}
