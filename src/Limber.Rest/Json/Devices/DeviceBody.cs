namespace Limber.Rest.Json.Devices;

/// <summary>What every device's body has.</summary>
internal abstract record DeviceBody
{
    public string? Id { get; init; }

    public bool? Iommu { get; init; }

    public int? PciSegment { get; init; }

    public int? PciDeviceId { get; init; }
}
