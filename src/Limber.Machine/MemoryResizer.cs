using System;
using System.Globalization;
using System.Linq;
using System.Threading;
using Limber.Config;
using Limber.Config.Backends;
using Limber.Control;

namespace Limber.Machine;

/// <summary>Finds what to plug and unplug so that the machine has as much memory as a client wishes, who names no device.</summary>
/// <remarks>Thread: <see cref="Resize"/> any, without the control lock; <see cref="Reset"/> with it held.</remarks>
internal sealed class MemoryResizer
{
    private readonly Lock control;
    private readonly Action checkAlive;
    private readonly MachinePlatform platform;
    private readonly DeviceManager devices;
    private readonly DimmSet dimms;
    private readonly VirtioMemSet virtioMem;
    private readonly MemoryTotals totals;

    // One size at a time is sought; taken before the control lock.
    private readonly Lock resizing = new();

    // What Resize asked for and no guest has given yet; null when there is nothing left to take.
    private ulong? desiredSize;

    /// <param name="machine">The machine's control lock; throws when the machine has ended.</param>
    /// <param name="platform">The machine below its devices.</param>
    /// <param name="devices">Makes ids.</param>
    /// <param name="dimms">The DIMMs.</param>
    /// <param name="virtioMem">The sizes of virtio-mem devices.</param>
    /// <param name="totals">How much there is.</param>
    public MemoryResizer(
        (Lock Control, Action CheckAlive) machine,
        MachinePlatform platform,
        DeviceManager devices,
        DimmSet dimms,
        VirtioMemSet virtioMem,
        MemoryTotals totals)
    {
        control = machine.Control;
        checkAlive = machine.CheckAlive;
        this.platform = platform;
        this.devices = devices;
        this.dimms = dimms;
        this.virtioMem = virtioMem;
        this.totals = totals;
    }

    /// <inheritdoc cref="IMemoryManager.Resize"/>
    public MemoryResize Resize(ulong desiredBytes, TimeSpan? deadline)
    {
        lock (resizing)
        {
            ulong missing;
            lock (control)
            {
                checkAlive();
                CheckSize(desiredBytes);
                if (platform.Config.Memory.HotplugMethod == MemoryHotplugMethod.VirtioMem)
                {
                    return ResizeVirtioMem(desiredBytes, deadline);
                }

                desiredSize = null;
                ulong expected = totals.GetExpected();
                if (desiredBytes <= expected)
                {
                    return Shrink(desiredBytes, deadline);
                }

                missing = desiredBytes - expected;
                CheckGranule(missing);
            }

            IHotplugOperation plug = dimms.Plug(CreateDimm(missing, devices.CreateDeviceId("_dimm")), deadline);
            return new MemoryResize(desiredBytes, desiredBytes, plug.Current.IsFinal ? [] : [plug]);
        }
    }

    /// <summary>The machine is being reset, all vCPUs are parked: what no guest has given goes now.</summary>
    public void Reset()
    {
        if (desiredSize is { } desired)
        {
            desiredSize = null;
            ShrinkAtReset(desired);
        }
    }

    private static VmException NoPlan(ulong desired, string why) => new(
        VmErrorCode.InvalidDevice, string.Create(CultureInfo.InvariantCulture, $"memory of {desired} bytes is not possible: {why}"));

    private static void CheckGranule(ulong bytes)
    {
        if (bytes % DimmConfig.Granule != 0)
        {
            throw new VmException(
                VmErrorCode.InvalidDevice, $"memory grows and shrinks by multiples of {DimmConfig.Granule} bytes (128 MiB), and {bytes} are asked for");
        }
    }

    private void CheckSize(ulong desired)
    {
        MemoryConfig config = platform.Config.Memory;
        if (config.HotplugSize == 0)
        {
            throw new VmException(
                VmErrorCode.HotplugNotSupported, "the machine is not prepared for memory devices: its maximum memory size is its boot memory");
        }

        if (desired < config.Size)
        {
            throw NoPlan(desired, $"the boot memory is {config.Size} bytes");
        }

        if (desired > config.MaximumSize)
        {
            throw new VmException(
                VmErrorCode.NoMemorySpace, $"memory of {desired} bytes is more than the maximum of {config.MaximumSize}");
        }
    }

    private MemoryResize ResizeVirtioMem(ulong desired, TimeSpan? deadline)
    {
        if (!platform.Config.Memory.Zones.IsEmpty)
        {
            throw NoPlan(desired, "the memory consists of zones, each of which has a size of its own (vm.resize-zone)");
        }

        VirtioMemTarget device = virtioMem.GetAll().FirstOrDefault()
            ?? throw new VmException(VmErrorCode.HotplugNotSupported, "the machine has no virtio-mem device");
        ulong others = totals.GetExpected() - device.Memory.RequestedSize;
        if (desired < others)
        {
            throw NoPlan(desired, $"memory without the device '{device.Target}' is {others} bytes");
        }

        IHotplugOperation operation = virtioMem.SetRequestedSize(device, desired - others, deadline);
        platform.Signals.Wake();
        return new MemoryResize(desired, desired, operation.Current.IsFinal ? [] : [operation]);
    }

    // Whole DIMMs only, the newest first; what no set of them makes up is left for the next reset.
    private MemoryResize Shrink(ulong desired, TimeSpan? deadline)
    {
        ulong expected = totals.GetExpected();
        CheckGranule(expected - desired);
        foreach (DimmState dimm in dimms.Attached.Reverse().Where(d => d.Removal is null).ToArray())
        {
            if (dimm.Size <= expected - desired)
            {
                expected -= dimm.Size;
                dimms.Unplug(dimm, deadline);
            }
        }

        bool complete = totals.GetTotal() == desired;
        desiredSize = complete ? null : desired;
        if (!dimms.GuestStarted && !complete)
        {
            desiredSize = null;
            ShrinkAtReset(desired);
            expected = totals.GetExpected();
        }

        IHotplugOperation[] pending = [.. dimms.Attached.SelectMany(d => (HotplugOperation?[])[d.Plug, d.Removal]).OfType<IHotplugOperation>()];
        return new MemoryResize(desired, expected, pending);
    }

    // No guest has to agree. A DIMM that is larger than what is to go is replaced by a smaller one, if it came from Resize.
    private void ShrinkAtReset(ulong desired)
    {
        foreach (DimmState dimm in dimms.Attached.Reverse().ToArray())
        {
            ulong total = totals.GetExpected();
            ulong excess = total > desired ? total - desired : 0;
            if (excess == 0)
            {
                return;
            }

            if (dimm.Size <= excess)
            {
                dimms.RemoveAtReset(dimm);
            }
            else if (dimm.Config.Backend is null && dimm.Config.Memory is { Kind: not MemoryBackendKind.File })
            {
                ulong rest = dimm.Size - excess;
                dimms.RemoveAtReset(dimm);
                Replace(CreateDimm(rest, dimm.Id));
                return;
            }
        }
    }

    private void Replace(DimmConfig smaller)
    {
        try
        {
            _ = dimms.Plug(smaller, null, atReset: true);
        }
        catch (VmException e)
        {
            platform.ReportFailure($"cannot replace a DIMM by one of {smaller.Memory!.Size} bytes, so the guest has as many less: {e.Message}");
        }
    }

    // Of the same kind of pages as boot memory.
    private DimmConfig CreateDimm(ulong bytes, string? id)
    {
        MemoryConfig boot = platform.Config.Memory;
        return new()
        {
            Id = id,
            Memory = new MemoryBackendConfig
            {
                Name = id ?? "resized",
                Size = bytes,
                Kind = boot.HugePages ? MemoryBackendKind.Memfd : MemoryBackendKind.Ram,
                Share = boot.Shared,
                HugePages = boot.HugePages,
                HugePageSize = boot.HugePageSize,
                Preallocate = boot.Preallocate,
            },
        };
    }
}
