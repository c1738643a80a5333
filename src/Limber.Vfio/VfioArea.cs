namespace Limber.Vfio;

/// <summary>A part of a region, in bytes from its start.</summary>
/// <param name="Offset">First byte.</param>
/// <param name="Length">Bytes.</param>
public readonly record struct VfioArea(ulong Offset, ulong Length)
{
    /// <summary>First byte behind it.</summary>
    public ulong End => Offset + Length;
}
