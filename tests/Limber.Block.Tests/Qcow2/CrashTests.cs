using System;
using System.Collections.Generic;
using System.IO;
using System.Runtime.InteropServices;
using Limber.Block.Files;
using Limber.Block.Qcow2;
using Limber.Block.Tests.Support;

namespace Limber.Block.Tests.Qcow2;

/// <summary>
/// A workload is cut off at random points, with the unsynced part of the disk's writes torn or kept at random. The image must then
/// be free of corruption by qemu-img's judgement, and every sector must read as it was flushed, or as something written since.
/// </summary>
public sealed unsafe class CrashTests : IDisposable
{
    private const int Size = 2 << 20;
    private const int Sectors = Size / 512;
    private readonly ScratchDirectory scratch = new();
    private ulong nextMark = 1;

    [Theory]
    [InlineData(512, 3, false, false, 1)]
    [InlineData(512, 3, true, false, 2)]
    [InlineData(4096, 3, false, true, 3)]
    [InlineData(4096, 2, false, false, 4)]
    [InlineData(65536, 3, false, false, 5)]
    [InlineData(65536, 3, true, true, 6)]
    public void CutOffAnywhere_NothingIsCorrupt(int clusterSize, int version, bool snapshot, bool backing, int seed)
    {
        byte[] initial = Create(clusterSize, version, snapshot, backing, out ulong[] first);
        RecordingFile file = new(initial, scratch.File("disk.qcow2"));
        List<Change> changes = [];
        List<int> flushes = [0];
        Random random = new(seed);
        using (Qcow2Store store = OpenStore(file, backing))
        {
            for (int step = 0; step < 400; step++)
            {
                Step(store, file, changes, flushes, random);
            }
        }

        flushes.Add(file.Position);
        for (int trial = 0; trial < 16; trial++)
        {
            int position = trial == 0 ? file.Position : random.Next(file.Position + 1);
            byte[] disk = file.After(position, trial % 4 == 1 ? null : random);
            string path = scratch.File("crashed.qcow2");
            File.WriteAllBytes(path, disk);
            QemuImg.CheckNotCorrupt(path);
            CheckSectors(disk, backing, first, changes, flushes, position);
        }

        File.WriteAllBytes(scratch.File("closed.qcow2"), file.After(file.Position, null));
        QemuImg.CheckClean(scratch.File("closed.qcow2"));
    }

    public void Dispose() => scratch.Dispose();

    private Qcow2Store OpenStore(IImageFile file, bool backing) => new(
        file,
        Qcow2HeaderReader.Read(file, readOnly: false),
        backing ? new Limber.Block.Raw.RawStore(HostFile.Open(scratch.File("base"), true, false, false), false, false) : null,
        readOnly: false,
        discard: true);

    // Every sector is filled with a number of its own, so that what is found tells which write it comes from.
    private void Step(Qcow2Store store, RecordingFile file, List<Change> changes, List<int> flushes, Random random)
    {
        int count = random.Next(1, random.Next(6) == 0 ? 700 : 24);
        int sector = random.Next(Sectors - count + 1);
        ulong offset = (ulong)sector * 512;
        ulong length = (ulong)count * 512;
        int before = file.Position;
        int kind = random.Next(10);
        switch (kind)
        {
            case <= 5:
                ulong[] data = new ulong[count * 64];
                for (int index = 0; index < count; index++)
                {
                    data.AsSpan(index * 64, 64).Fill(nextMark + (ulong)index);
                }

                fixed (ulong* pointer = data)
                {
                    Assert.Equal(0, store.Write(offset, (byte*)pointer, count * 512));
                }

                changes.Add(new Change(before, sector, count, nextMark, IsDiscard: false));
                nextMark += (ulong)count;
                break;
            case 6:
                Assert.Equal(0, store.WriteZeroes(offset, length, random.Next(2) == 0));
                changes.Add(new Change(before, sector, count, 0, IsDiscard: false));
                break;
            case 7:
                Assert.Equal(0, store.Discard(offset, length));
                changes.Add(new Change(before, sector, count, 0, IsDiscard: true));
                break;
            default:
                Assert.Equal(0, store.Flush());
                flushes.Add(file.Position);
                break;
        }
    }

    private void CheckSectors(byte[] disk, bool backing, ulong[] first, List<Change> changes, List<int> flushes, int position)
    {
        int flushed = flushes.FindLast(flush => flush <= position);
        HashSet<ulong>[] allowed = new HashSet<ulong>[Sectors];
        for (int sector = 0; sector < Sectors; sector++)
        {
            allowed[sector] = [first[sector]];
        }

        foreach (Change change in changes)
        {
            for (int index = 0; index < change.Count && change.Position <= position; index++)
            {
                HashSet<ulong> set = allowed[change.Sector + index];
                if (change.Position < flushed && !change.IsDiscard)
                {
                    set.Clear();
                }

                _ = set.Add(change.Mark == 0 ? 0 : change.Mark + (ulong)index);
            }
        }

        RecordingFile file = new(disk, "crashed");
        using Qcow2Store store = OpenStore(file, backing);
        ulong[] content = new ulong[Size / sizeof(ulong)];
        fixed (ulong* pointer = content)
        {
            Assert.Equal(0, store.Read(0, (byte*)pointer, Size));
        }

        for (int sector = 0; sector < Sectors; sector++)
        {
            ulong mark = content[sector * 64];
            Assert.True(allowed[sector].Contains(mark), $"sector {sector} has {mark}, not one of {string.Join(',', allowed[sector])}");
        }
    }

    private byte[] Create(int clusterSize, int version, bool snapshot, bool backing, out ulong[] first)
    {
        string options = $"cluster_size={clusterSize},compat={(version == 2 ? "0.10" : "1.1")}";
        string path = scratch.File("disk.qcow2");
        first = new ulong[Sectors];
        ulong[] data = new ulong[Size / sizeof(ulong)];
        if (snapshot || backing)
        {
            for (int sector = 0; sector < Sectors; sector++)
            {
                first[sector] = nextMark++;
                data.AsSpan(sector * 64, 64).Fill(first[sector]);
            }
        }

        string original = scratch.File("base");
        File.WriteAllBytes(original, MemoryMarshal.AsBytes(data.AsSpan()).ToArray());
        if (backing)
        {
            QemuImg.Run("create", "-q", "-f", "qcow2", "-o", options, "-b", original, "-F", "raw", path);
        }
        else
        {
            QemuImg.Run("convert", "-f", "raw", "-O", "qcow2", "-o", options, original, path);
        }

        if (snapshot)
        {
            QemuImg.Run("snapshot", "-c", "before", path);
        }

        return File.ReadAllBytes(path);
    }

    /// <param name="Position">Of the file's log when it was submitted.</param>
    private sealed record Change(int Position, int Sector, int Count, ulong Mark, bool IsDiscard);
}
