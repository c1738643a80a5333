using System;
using System.Globalization;
using System.IO;
using Limber.Block;
using Limber.Virtio;
using Limber.Virtio.TestKit;
using Limber.VirtioBlock;

namespace Limber.VirtioDevices.Tests.Block;

public sealed class BlockConformanceTests : VirtioHostileConformance<VirtioBlock.VirtioBlock>, IDisposable
{
    private const int Sector = 512;
    private const int Size = 1 << 20;
    private const byte FirstByte = 0x5A;
    private readonly string directory = Directory.CreateTempSubdirectory("disk").FullName;
    private int images;

    // With a flush and its own cache, as drivers use it; else each write would wait for the disk.
    protected override ulong DeviceFeatures => 1UL << 9;

    public void Dispose() => Directory.Delete(directory, recursive: true);

    // Each has an image of its own: two may not write to one.
    protected override VirtioBlock.VirtioBlock Create(VirtioDeviceContext context)
    {
        string path = Path.Combine(directory, (images++).ToString(CultureInfo.InvariantCulture));
        using (FileStream file = File.Create(path))
        {
            file.SetLength(Size);
            file.WriteByte(FirstByte);
        }

        return new VirtioBlock.VirtioBlock(
            context,
            BlockImages.Open(new BlockImageOptions { Path = path, Format = BlockImageFormat.Raw, NoFlush = true }),
            ownsImage: true,
            new VirtioBlockOptions { Serial = "conformance" });
    }

    // A read of the first sector.
    protected override DriverBuffer[] MakeRequest(VirtioRig rig)
    {
        ArgumentNullException.ThrowIfNull(rig);
        return [rig.Filled(new byte[16]), rig.Buffer(Sector, true), rig.Buffer(1, true)];
    }

    protected override void CheckAnswer(VirtioRig rig, DriverBuffer[] request, uint written)
    {
        ArgumentNullException.ThrowIfNull(rig);
        ArgumentNullException.ThrowIfNull(request);
        Assert.Equal((uint)Sector + 1, written);
        Assert.Equal(FirstByte, rig.Memory.Read(request[1].Address, 1)[0]);
        Assert.Equal(0, rig.Memory.Read(request[2].Address, 1)[0]);
    }
}
