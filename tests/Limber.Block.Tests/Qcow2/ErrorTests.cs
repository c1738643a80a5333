using System;
using Limber.Block.Files;
using Limber.Block.Qcow2;
using Limber.Block.Tests.Support;

namespace Limber.Block.Tests.Qcow2;

/// <summary>The host's file fails: requests report it, and the image is whole when the file works again.</summary>
public sealed unsafe class ErrorTests : IDisposable
{
    private const int EIO = 5;
    private const int ENOSPC = 28;
    private readonly ScratchDirectory scratch = new();

    [Fact]
    public void NoSpace_FailsTheWrite_AndLaterOnesSucceed()
    {
        string path = Create();
        byte[] data = new byte[65536];
        data.AsSpan().Fill(7);
        using (FailingFile file = new(path))
        using (Qcow2Store store = new(file, Qcow2HeaderReader.Read(file, false), null, false, true))
        {
            fixed (byte* pointer = data)
            {
                Assert.Equal(0, store.Write(0, pointer, 512));
                file.WriteError = ENOSPC;
                Assert.Equal(ENOSPC, store.Write(65536, pointer, 65536));
                Assert.Equal(ENOSPC, store.Write(1 << 20, pointer, 512));
                Assert.Equal(ENOSPC, store.Flush());
                file.WriteError = 0;
                Assert.Equal(0, store.Write(65536, pointer, 65536));
                Assert.Equal(0, store.Flush());
                Assert.Equal(0, store.Read(65536, pointer, 65536));
                Assert.Equal(7, data[0]);
            }
        }

        QemuImg.CheckClean(path);
    }

    [Fact]
    public void RandomFailures_NeverCorrupt()
    {
        string path = Create();
        Random random = new(3);
        byte[] data = new byte[65536 * 3];
        using (FailingFile file = new(path))
        using (Qcow2Store store = new(file, Qcow2HeaderReader.Read(file, false), null, false, true))
        {
            fixed (byte* pointer = data)
            {
                for (int step = 0; step < 600; step++)
                {
                    file.WriteError = random.Next(4) == 0 ? ENOSPC : 0;
                    file.ReadError = random.Next(20) == 0 ? EIO : 0;
                    file.SyncError = random.Next(20) == 0 ? EIO : 0;
                    ulong offset = (ulong)random.Next((64 << 20) / 512 - 400) * 512;
                    int length = random.Next(1, 384) * 512;
                    int error = random.Next(5) switch
                    {
                        0 => store.Discard(offset, (ulong)length * 4 % (32 << 20)),
                        1 => store.WriteZeroes(offset, (ulong)length, true),
                        2 => store.Flush(),
                        _ => ImageWrite(store, offset, pointer, length),
                    };
                    Assert.True(error is 0 or EIO or ENOSPC, $"errno {error}");
                }
            }

            (file.WriteError, file.ReadError, file.SyncError) = (0, 0, 0);
            Assert.Equal(0, store.Flush());
        }

        QemuImg.CheckNotCorrupt(path);
    }

    public void Dispose() => scratch.Dispose();

    private static int ImageWrite(Qcow2Store store, ulong offset, byte* data, int length)
    {
        BlockSegment segment = new(data, (nuint)length);
        return store.Write(offset, new SegmentList(&segment, 1), 0, (ulong)length);
    }

    private string Create()
    {
        string path = scratch.File("disk.qcow2");
        QemuImg.Run("create", "-q", "-f", "qcow2", "-o", "cluster_size=4096", path, "64M");
        return path;
    }
}
