using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using Limber.Config.Devices;
using Limber.Control;

namespace Limber.Machine;

/// <summary>Ids and object paths of devices: which are taken, and new ones.</summary>
/// <remarks>Guarded by the machine's control lock.</remarks>
/// <param name="devices">The PCI devices.</param>
/// <param name="ports">The ports of console devices.</param>
/// <param name="isTakenElsewhere">Whether a processor or a DIMM has an id.</param>
internal sealed class DeviceIds(DeviceTable devices, PortHotplug ports, Func<string, bool> isTakenElsewhere)
{
    private int anonymousCount;
    private int idCounter;

    /// <summary>Whether anything of the machine has an id.</summary>
    public bool IsTaken(string id) => HasDeviceOrPort(id) || isTakenElsewhere(id);

    /// <summary>An object path for a device with this id, or without one.</summary>
    public string CreatePath(string? id) => id is null
        ? string.Create(CultureInfo.InvariantCulture, $"/machine/peripheral-anon/device[{anonymousCount++}]")
        : $"/machine/peripheral/{id}";

    /// <inheritdoc cref="IDeviceManager.CreateDeviceId"/>
    public string Create(string prefix)
    {
        string id;
        do
        {
            id = prefix + (idCounter++).ToString(CultureInfo.InvariantCulture);
        }
        while (IsTaken(id));
        return id;
    }

    /// <summary>Nothing has the id of a device that is to come.</summary>
    /// <exception cref="VmException">DuplicateId.</exception>
    public void RequireFree(string? id)
    {
        if (id is not null && IsTaken(id))
        {
            throw Duplicate(id);
        }
    }

    /// <summary>Nothing has an id of the ports that are to come, and the guest's agent has one port at most.</summary>
    /// <exception cref="VmException">DuplicateId, InvalidDevice.</exception>
    public void RequireFree(IReadOnlyList<ConsolePortConfig> coming)
    {
        if (coming.FirstOrDefault(p => p.Id is { } id && (IsTaken(id) || coming.Count(other => other.Id == id) > 1)) is { } twice)
        {
            throw Duplicate(twice.Id!);
        }

        // Two agents could not be told apart by the guest either: it finds its port by the name.
        if (coming.Count(p => p.IsGuestAgent) + (ports.FindAgent() is null ? 0 : 1) > 1 && coming.Any(p => p.IsGuestAgent))
        {
            throw new VmException(VmErrorCode.InvalidDevice, $"the machine has a port {ConsolePortConfig.GuestAgentName} already");
        }
    }

    /// <summary>No device has the id of a processor that is to come; processors' own ids are not looked at.</summary>
    /// <param name="requests">The processors.</param>
    /// <param name="isDimm">Tells whether a DIMM has an id.</param>
    /// <exception cref="VmException">DuplicateId.</exception>
    public void RequireFree(IReadOnlyList<CpuPlugRequest> requests, Func<string, bool> isDimm)
    {
        foreach (CpuPlugRequest request in requests)
        {
            if (request.Id is { } id && (HasDeviceOrPort(id) || isDimm(id)))
            {
                throw new VmException(VmErrorCode.DuplicateId, $"a device with the id '{id}' exists") { CpuIndex = request.Index, DeviceId = id };
            }
        }
    }

    private static VmException Duplicate(string id) => new(VmErrorCode.DuplicateId, $"Duplicate device ID '{id}'") { DeviceId = id };

    private bool HasDeviceOrPort(string id) => devices.Exists(d => d.Id == id) || ports.IsTaken(id);
}
