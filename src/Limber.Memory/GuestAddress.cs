using System;
using System.Globalization;

namespace Limber.Memory;

/// <summary>A guest physical address (gpa), in bytes.</summary>
public readonly record struct GuestAddress(ulong Value) : IComparable<GuestAddress>
{
    public static GuestAddress operator +(GuestAddress address, ulong bytes) => new(checked(address.Value + bytes));

    public static ulong operator -(GuestAddress end, GuestAddress start) => checked(end.Value - start.Value);

    public static bool operator <(GuestAddress left, GuestAddress right) => left.Value < right.Value;

    public static bool operator >(GuestAddress left, GuestAddress right) => left.Value > right.Value;

    public static bool operator <=(GuestAddress left, GuestAddress right) => left.Value <= right.Value;

    public static bool operator >=(GuestAddress left, GuestAddress right) => left.Value >= right.Value;

    /// <summary>The address rounded up to a multiple of <paramref name="alignment"/>, which is a power of two.</summary>
    public GuestAddress AlignUp(ulong alignment) => new(checked(Value + (alignment - 1)) & ~(alignment - 1));

    /// <summary>The address rounded down to a multiple of <paramref name="alignment"/>, which is a power of two.</summary>
    public GuestAddress AlignDown(ulong alignment) => new(Value & ~(alignment - 1));

    /// <inheritdoc/>
    public int CompareTo(GuestAddress other) => Value.CompareTo(other.Value);

    /// <inheritdoc/>
    public override string ToString() => "0x" + Value.ToString("x", CultureInfo.InvariantCulture);
}
