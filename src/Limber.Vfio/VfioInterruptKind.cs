namespace Limber.Vfio;

/// <summary>The interrupts of a PCI function; the values are the kernel's indexes.</summary>
public enum VfioInterruptKind
{
    /// <summary>The pin. The host masks it with every interrupt.</summary>
    Intx = 0,

    /// <summary>Up to 32 messages.</summary>
    Msi = 1,

    /// <summary>Up to 2048 messages.</summary>
    Msix = 2,

    /// <summary>The function reported an error that it can't recover from by itself.</summary>
    Error = 3,

    /// <summary>The host wants the function back.</summary>
    Request = 4,
}
