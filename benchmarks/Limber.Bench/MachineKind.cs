namespace Limber.Bench;

/// <summary>Which machines a benchmark is for.</summary>
internal enum MachineKind
{
    /// <summary>Any number of possible processors.</summary>
    Any,

    /// <summary>The largest number of possible processors that both monitors have.</summary>
    Largest,

    /// <summary>One processor, and memory that can grow.</summary>
    Growing,

    /// <summary>Disks.</summary>
    Disks,

    /// <summary>Network cards.</summary>
    Cards,

    /// <summary>Places for devices that come and go, by the firmware's hotplug.</summary>
    HotByAcpi,

    /// <summary>Places for devices that come and go, by that of PCI Express ports.</summary>
    HotByPort,
}
