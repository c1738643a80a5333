using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using Limber.Device.Loop;
using Limber.Interop;
using Limber.Memory;

namespace Limber.Vfio;

/// <summary>
/// The passed-through functions of one machine: one container, the groups they are in, one loop for their events. They come with
/// the first function that needs them and go with the last.
/// </summary>
/// <remarks>
/// Thread: any but a vCPU's and the loop's; opening waits for the kernel to pin all guest memory.
/// Lock order: a function's host gate, then <see cref="gate"/>, then the container's.
/// </remarks>
public sealed class VfioManager : IVfioOwner, IDisposable
{
    private const int EPERM = 1, ENOTTY = 25;

    private readonly Lock gate = new();
    private readonly IVfioCalls calls;
    private readonly Dictionary<int, VfioGroup> groups = [];
    private readonly Dictionary<VfioPciFunction, VfioGroup> functions = [];
    private VfioContainer? container;
    private DeviceLoop? loop;

    /// <param name="calls">The kernel; null for the real one.</param>
    public VfioManager(IVfioCalls? calls = null) => this.calls = calls ?? VfioCalls.Instance;

    /// <summary>Functions that are open.</summary>
    public IReadOnlyList<VfioPciFunction> Functions
    {
        get
        {
            lock (gate)
            {
                return [.. functions.Keys];
            }
        }
    }

    /// <summary>Opens a function of the host. It reaches the guest's memory from here on, and appears when it is added to a bus.</summary>
    /// <param name="path">Its directory in sysfs, such as <c>/sys/bus/pci/devices/0000:01:00.0</c>.</param>
    /// <param name="name">Who it is in logs and error texts.</param>
    /// <param name="memory">The guest's memory now.</param>
    /// <returns>The function; disposing it gives it back to the host, and the container with the last one.</returns>
    /// <exception cref="VfioException">It can't be passed through; the text says at which step, and what to do. Nothing remains open.</exception>
    public VfioPciFunction Open(string path, string name, GuestMemory memory)
    {
        VfioHostFunction found = VfioHostFunction.Locate(path);
        DeviceLoop? unused = null;
        try
        {
            lock (gate)
            {
                if (functions.Keys.Any(other => System.IO.Path.GetFileName(other.Path) == found.Address))
                {
                    throw new VfioException(path, "this machine has it already");
                }

                try
                {
                    return OpenLocked(found, name, memory);
                }
                catch
                {
                    unused = CloseUnused();
                    throw;
                }
            }
        }
        finally
        {
            unused?.Dispose();
        }
    }

    /// <summary>
    /// Makes all devices see exactly this memory; called after memory was plugged, before memory that was unplugged is
    /// unmapped from the process, and after <see cref="UnmapMemory"/>.
    /// </summary>
    /// <exception cref="VfioException">The host refused.</exception>
    public void MapMemory(GuestMemory memory)
    {
        lock (gate)
        {
            container?.MapMemory(memory);
        }
    }

    /// <summary>
    /// Devices see no memory until the next <see cref="MapMemory"/>. Called before guest memory is discarded, as in a machine's
    /// reset: devices would go on using the pages that were discarded.
    /// </summary>
    /// <exception cref="VfioException">The host refused.</exception>
    public void UnmapMemory()
    {
        lock (gate)
        {
            container?.UnmapMemory();
        }
    }

    /// <summary>Waits until no function is being reset in the host.</summary>
    /// <returns>False when one still is after <paramref name="timeout"/>, a function each.</returns>
    public bool WaitForResets(TimeSpan timeout) => Functions.All(function => function.WaitForReset(timeout));

    /// <summary>Checks that all functions were disposed.</summary>
    public void Dispose()
    {
        lock (gate)
        {
            if (functions.Count != 0)
            {
                throw new InvalidOperationException($"{functions.Count} passed-through functions are still open");
            }
        }
    }

    /// <inheritdoc/>
    int IVfioOwner.HotReset(VfioDevice device, bool alone)
    {
        lock (gate)
        {
            var needed = device.GetHotResetGroups();
            if (needed.IsEmpty)
            {
                return -ENOTTY;
            }

            if (needed.Any(number => !groups.ContainsKey(number)) || (alone && needed.Sum(number => groups[number].DeviceCount) != 1))
            {
                return -EPERM;
            }

            return device.HotReset([.. needed.Select(number => groups[number].Descriptor.Number)]);
        }
    }

    /// <inheritdoc/>
    void IVfioOwner.Release(VfioPciFunction function)
    {
        DeviceLoop? unused = null;
        lock (gate)
        {
            if (functions.Remove(function, out VfioGroup? group))
            {
                group.DeviceCount--;
                unused = CloseUnused();
            }
        }

        // Not under the gate: its thread may be waiting for it.
        unused?.Dispose();
    }

    private VfioPciFunction OpenLocked(VfioHostFunction found, string name, GuestMemory memory)
    {
        container ??= new VfioContainer(calls);
        if (!groups.TryGetValue(found.Group, out VfioGroup? group))
        {
            group = VfioGroup.Open(calls, found, container);
            groups.Add(found.Group, group);
        }

        try
        {
            container.MapMemory(memory);
        }
        catch (VfioException refused)
        {
            throw new VfioException($"{found.Path}: {refused.Message}", refused);
        }

        if (loop is null)
        {
            loop = new DeviceLoop("vfio");
            loop.Start();
        }

        VfioPciFunction function = VfioPciFunction.Create(this, group.OpenDevice(found), loop, name);
        group.DeviceCount++;
        functions.Add(function, group);
        return function;
    }

    // What no function needs any more; the loop is returned because it must be waited for without the gate.
    private DeviceLoop? CloseUnused()
    {
        foreach ((int number, VfioGroup group) in groups)
        {
            if (group.DeviceCount == 0)
            {
                group.Dispose();
                groups.Remove(number);
            }
        }

        if (functions.Count != 0)
        {
            return null;
        }

        container?.Dispose();
        container = null;
        DeviceLoop? unused = loop;
        loop = null;
        return unused;
    }
}
