namespace Limber.Control;

/// <summary>What kind of thing a hotplug event is about.</summary>
public enum DeviceClass
{
    /// <summary>A processor.</summary>
    Processor,

    /// <summary>A PCI device.</summary>
    Pci,

    /// <summary>A DIMM.</summary>
    Dimm,
}
