namespace Limber.Block.Files;

/// <summary>Transfers between a file and one piece of memory.</summary>
internal static unsafe class ImageFileExtensions
{
    public static int Read(this IImageFile file, ulong offset, byte* buffer, int length)
    {
        BlockSegment segment = new(buffer, (nuint)length);
        return file.Read(offset, new SegmentList(&segment, 1), 0, (ulong)length);
    }

    public static int Write(this IImageFile file, ulong offset, byte* buffer, int length)
    {
        BlockSegment segment = new(buffer, (nuint)length);
        return file.Write(offset, new SegmentList(&segment, 1), 0, (ulong)length);
    }

    public static int Read(this IBlockStore store, ulong offset, byte* buffer, int length)
    {
        BlockSegment segment = new(buffer, (nuint)length);
        return store.Read(offset, new SegmentList(&segment, 1), 0, (ulong)length);
    }

    public static int Write(this IBlockStore store, ulong offset, byte* buffer, int length)
    {
        BlockSegment segment = new(buffer, (nuint)length);
        return store.Write(offset, new SegmentList(&segment, 1), 0, (ulong)length);
    }
}
