namespace Limber.Pci;

/// <summary>Where the parts of MSI-X are.</summary>
/// <param name="Vectors">1..2048.</param>
/// <param name="TableBar">BAR of the table.</param>
/// <param name="TableOffset">Offset of the table in it, a multiple of 8.</param>
/// <param name="PendingBar">BAR of the pending bits.</param>
/// <param name="PendingOffset">Offset of the pending bits in it, a multiple of 8.</param>
/// <param name="Position">
/// Offset of the capability in configuration space, which the function links into the list itself; null for the next free place.
/// </param>
public readonly record struct MsixLayout(
    int Vectors, int TableBar, uint TableOffset, int PendingBar, uint PendingOffset, int? Position = null);
