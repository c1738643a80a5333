namespace Limber.Config;

/// <summary>How a machine's memory grows and shrinks when a client asks for a size and names no device.</summary>
public enum MemoryHotplugMethod
{
    /// <summary>DIMMs, announced by ACPI.</summary>
    Acpi,

    /// <summary>A virtio-mem device.</summary>
    VirtioMem,
}
