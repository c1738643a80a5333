namespace Limber.Acpi;

/// <summary>Whether an interrupt may have several devices.</summary>
public enum InterruptSharing : byte
{
    Exclusive = 0,
    Shared = 1,
}
