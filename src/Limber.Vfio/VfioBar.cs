using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using Limber.Device;
using Limber.Interop;
using Limber.Pci;

namespace Limber.Vfio;

/// <summary>One BAR: the parts that the guest reaches by itself, and who answers for the rest.</summary>
/// <remarks>Thread: <see cref="Show"/> and <see cref="Hide"/> one at a time, under the bus' locks.</remarks>
internal sealed class VfioBar : IDisposable
{
    private readonly List<IDisposable> shown = [];

    private VfioBar(VfioRegion region, PciBarKind kind, IIoDevice handler, ImmutableArray<VfioMapping> mappings)
    {
        Region = region;
        Kind = kind;
        Handler = handler;
        Mappings = mappings;
    }

    public VfioRegion Region { get; }

    public PciBarKind Kind { get; }

    /// <summary>Answers for what isn't shown.</summary>
    public IIoDevice Handler { get; }

    /// <summary>What can be shown to the guest.</summary>
    public ImmutableArray<VfioMapping> Mappings { get; }

    /// <summary>Composes a BAR.</summary>
    /// <param name="device">The host's function.</param>
    /// <param name="region">A region that is there.</param>
    /// <param name="kind">What the function says that it decodes.</param>
    /// <param name="emulated">The parts that the VMM itself answers for.</param>
    /// <param name="observer">Hears of trapped accesses.</param>
    /// <exception cref="VfioException">The parts don't fit, or the host refused a mapping.</exception>
    public static VfioBar Create(
        VfioDevice device, VfioRegion region, PciBarKind kind, IReadOnlyList<CompositeIoDevice.Part> emulated, IVfioAccessObserver observer)
    {
        var parts = new List<CompositeIoDevice.Part>();
        ulong next = 0;
        foreach (CompositeIoDevice.Part part in emulated.OrderBy(part => part.Offset))
        {
            if (part.Offset < next || part.Offset > region.Size || part.Length > region.Size - part.Offset)
            {
                throw new VfioException(
                    device.Path, $"MSI-X at 0x{part.Offset:x}, 0x{part.Length:x} bytes, does not fit into BAR {region.Index} of 0x{region.Size:x} bytes");
            }

            AddTrapped(parts, device, region, next, part.Offset, observer);
            parts.Add(part);
            next = part.Offset + part.Length;
        }

        AddTrapped(parts, device, region, next, region.Size, observer);
        var mappings = new List<VfioMapping>();
        try
        {
            if (kind != PciBarKind.Io)
            {
                IEnumerable<VfioArea> trapped = emulated.Select(part => new VfioArea(part.Offset, part.Length));
                foreach (VfioArea area in VfioBarLayout.Exclude(region.MappableAreas, trapped))
                {
                    mappings.Add(device.Map(region, area));
                }
            }
        }
        catch
        {
            mappings.ForEach(mapping => mapping.Dispose());
            throw;
        }

        return new VfioBar(region, kind, new CompositeIoDevice([.. parts]), [.. mappings]);
    }

    /// <summary>The guest put the BAR at an address. What can't be shown there is trapped.</summary>
    /// <returns>False when the host had no room for a part.</returns>
    public bool Show(IGuestMappings guest, ulong address)
    {
        bool complete = true;
        bool readOnly = !Region.Access.HasFlag(VfioRegionAccess.Write);
        foreach (VfioMapping mapping in Mappings)
        {
            try
            {
                shown.Add(guest.Map(address + mapping.Area.Offset, mapping.Address, mapping.Area.Length, readOnly));
            }
            catch (HostException)
            {
                complete = false;
            }
        }

        return complete;
    }

    /// <summary>The guest can't reach the mapped parts any more.</summary>
    public void Hide()
    {
        foreach (IDisposable part in shown)
        {
            part.Dispose();
        }

        shown.Clear();
    }

    /// <summary>Unmaps it from this process.</summary>
    public void Dispose()
    {
        Hide();
        foreach (VfioMapping mapping in Mappings)
        {
            mapping.Dispose();
        }
    }

    private static void AddTrapped(
        List<CompositeIoDevice.Part> parts, VfioDevice device, VfioRegion region, ulong first, ulong end, IVfioAccessObserver observer)
    {
        if (first < end)
        {
            parts.Add(new CompositeIoDevice.Part(first, end - first, new VfioTrappedRegion(device, region, first, observer)));
        }
    }
}
