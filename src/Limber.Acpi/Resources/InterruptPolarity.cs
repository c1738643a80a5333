namespace Limber.Acpi;

/// <summary>The active level of an interrupt line.</summary>
public enum InterruptPolarity : byte
{
    ActiveHigh = 0,
    ActiveLow = 1,
}
