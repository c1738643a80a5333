namespace Limber.Memory;

/// <summary>A half-open range of guest physical addresses: <c>[Start, Start + Length)</c>, in bytes.</summary>
public readonly record struct GuestRange(GuestAddress Start, ulong Length)
{
    /// <summary>The first address behind the range. A range that reaches the end of the address space has none.</summary>
    /// <exception cref="System.OverflowException">The range reaches the end of the address space.</exception>
    public GuestAddress End => Start + Length;

    /// <summary>The range between two addresses.</summary>
    public static GuestRange Between(GuestAddress start, GuestAddress end) => new(start, end - start);

    public bool Contains(GuestAddress address) => address >= Start && address.Value - Start.Value < Length;

    public bool Overlaps(GuestRange other) => Length != 0 && other.Length != 0 && (Contains(other.Start) || other.Contains(Start));

    /// <inheritdoc/>
    public override string ToString() => $"[{Start}, {new GuestAddress(unchecked(Start.Value + Length))})";
}
