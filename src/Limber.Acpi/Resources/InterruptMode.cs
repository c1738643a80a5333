namespace Limber.Acpi;

/// <summary>How an interrupt is triggered.</summary>
public enum InterruptMode : byte
{
    Level = 0,
    Edge = 1,
}
