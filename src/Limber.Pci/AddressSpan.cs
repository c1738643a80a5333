namespace Limber.Pci;

/// <summary>Addresses from a start, at least one.</summary>
internal readonly record struct AddressSpan(ulong Start, ulong Length)
{
    public ulong Last => Start + (Length - 1);

    public bool Overlaps(AddressSpan other) => Start <= other.Last && other.Start <= Last;
}
