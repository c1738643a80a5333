using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using Limber.Control;

namespace Limber.Machine;

/// <summary>
/// All PCI devices of the machine, from the reservation of an id to the end of the teardown, and what everybody who deals with
/// them has to know of the machine.
/// </summary>
/// <remarks>Guarded by <see cref="Control"/>.</remarks>
/// <param name="control">The machine's control lock.</param>
internal sealed class DeviceTable(Lock control)
{
    private readonly List<PluggedDevice> devices = [];

    /// <summary>The machine's control lock, for those who are called without it.</summary>
    public Lock Control => control;

    /// <summary>The guest has started: it has to be told of changes.</summary>
    public bool GuestStarted { get; set; }

    /// <summary>The machine is stopped, and its devices with it (<see cref="DevicePause"/>).</summary>
    public bool IsPaused { get; set; }

    /// <summary>The machine has ended: nothing comes any more.</summary>
    public bool HasEnded { get; set; }

    /// <summary>All, by the time of the reservation.</summary>
    public IReadOnlyList<PluggedDevice> All => devices;

    /// <summary>Those that are on their bus.</summary>
    public IEnumerable<PluggedDevice> Attached => devices.Where(d => d.IsAttached);

    public void Add(PluggedDevice device) => devices.Add(device);

    public void Remove(PluggedDevice device) => devices.Remove(device);

    public PluggedDevice? Find(Predicate<PluggedDevice> match) => devices.Find(match);

    public bool Exists(Predicate<PluggedDevice> match) => devices.Exists(match);

    /// <exception cref="VmException">InvalidState: the machine has ended.</exception>
    public void RequireAlive()
    {
        if (HasEnded)
        {
            throw new VmException(VmErrorCode.InvalidState, "the machine has ended");
        }
    }
}
