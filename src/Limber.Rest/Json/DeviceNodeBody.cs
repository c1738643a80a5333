using System.Collections.Generic;
using Limber.Config.Devices;
using Limber.Control;

namespace Limber.Rest.Json;

/// <summary>Spec: <c>DeviceNode</c>. A virtio device is the child of the PCI function that carries it; resources are the guest's business and not listed.</summary>
/// <param name="Id">Name of the node.</param>
/// <param name="Resources">None.</param>
/// <param name="Children">Names of the nodes below.</param>
internal sealed record DeviceNodeBody(string Id, IReadOnlyList<string> Resources, IReadOnlyList<string> Children)
{
    private const string Carrier = "_virtio-pci-";

    /// <summary>Name of the node above, or null.</summary>
    public string? Parent { get; init; }

    /// <summary>Place of a PCI function; null for what one carries.</summary>
    public string? PciBdf { get; init; }

    /// <summary>All devices by the names of their nodes.</summary>
    public static SortedDictionary<string, DeviceNodeBody> Tree(IReadOnlyList<DeviceInfo> devices)
    {
        SortedDictionary<string, DeviceNodeBody> tree = new(System.StringComparer.Ordinal);
        foreach (DeviceInfo device in devices)
        {
            string id = device.Id ?? device.Path;
            bool isCarried = device.Config is not (VfioDeviceConfig or RootPortConfig);
            string place = isCarried ? Carrier + id : id;
            tree[place] = new DeviceNodeBody(place, [], isCarried ? [id] : []) { PciBdf = device.Location.ToString() };
            if (isCarried)
            {
                tree[id] = new DeviceNodeBody(id, [], []) { Parent = place };
            }
        }

        return tree;
    }
}
