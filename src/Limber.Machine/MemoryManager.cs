using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Threading;
using Limber.Config;
using Limber.Config.Backends;
using Limber.Control;

namespace Limber.Machine;

/// <summary>
/// The machine's memory devices for clients: DIMMs in <see cref="DimmSet"/>, virtio-mem in <see cref="VirtioMemSet"/>, and here what
/// concerns both: sizes, and a size that is asked for without naming a device.
/// </summary>
/// <remarks>Thread: public members any; internal ones with the control lock held, but for those that say otherwise.</remarks>
internal sealed class MemoryManager : IMemoryManager, IDisposable
{
    private readonly Lock control;
    private readonly MachinePlatform platform;
    private readonly DeviceManager devices;
    private readonly DimmSet dimms;
    private readonly VirtioMemSet virtioMem;
    private readonly MemoryBackendSet backends;
    private readonly Action checkAlive;

    // One size at a time is sought; taken before the control lock.
    private readonly Lock resizing = new();

    // What Resize asked for and no guest has given yet; null when there is nothing left to take.
    private ulong? desiredSize;

    /// <param name="control">The machine's control lock.</param>
    /// <param name="platform">The machine below its devices.</param>
    /// <param name="devices">The PCI devices, some of which are memory.</param>
    /// <param name="dimms">The DIMMs.</param>
    /// <param name="virtioMem">The sizes of virtio-mem devices.</param>
    /// <param name="rest">The backends by name; throws when the machine has ended.</param>
    public MemoryManager(
        Lock control,
        MachinePlatform platform,
        DeviceManager devices,
        DimmSet dimms,
        VirtioMemSet virtioMem,
        (MemoryBackendSet Backends, Action CheckAlive) rest)
    {
        this.control = control;
        this.platform = platform;
        this.devices = devices;
        this.dimms = dimms;
        this.virtioMem = virtioMem;
        backends = rest.Backends;
        checkAlive = rest.CheckAlive;
    }

    /// <inheritdoc/>
    public MemorySummary GetSummary()
    {
        lock (control)
        {
            MemoryConfig config = platform.Config.Memory;
            return new MemorySummary(config.Size, GetPluggedSize(), ulong.Max(config.Size, config.MaximumSize), config.Slots);
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<MemoryDeviceInfo> GetMemoryDevices()
    {
        lock (control)
        {
            return
            [
                .. dimms.Attached.Select(d => d.ToSnapshot())
                    .Concat(virtioMem.GetAll().Select(m => m.ToSnapshot()))
                    .OrderBy(d => d.Address),
            ];
        }
    }

    /// <inheritdoc/>
    public IHotplugOperation PlugDimm(DimmConfig config, TimeSpan? deadline = null)
    {
        ArgumentNullException.ThrowIfNull(config);
        VirtualMachine.CheckDeadline(deadline);
        return dimms.Plug(config, deadline);
    }

    /// <inheritdoc/>
    public IHotplugOperation UnplugDimm(string id, TimeSpan? deadline = null)
    {
        VirtualMachine.CheckDeadline(deadline);
        lock (control)
        {
            return dimms.Unplug(id, deadline);
        }
    }

    /// <inheritdoc/>
    public IHotplugOperation SetRequestedSize(string virtioMemDevice, ulong bytes, TimeSpan? deadline = null)
    {
        VirtualMachine.CheckDeadline(deadline);
        lock (control)
        {
            checkAlive();
            IHotplugOperation operation = virtioMem.SetRequestedSize(virtioMemDevice, bytes, deadline);
            platform.Signals.Wake();
            return operation;
        }
    }

    /// <inheritdoc/>
    public MemoryResize Resize(ulong desiredBytes, TimeSpan? deadline = null)
    {
        VirtualMachine.CheckDeadline(deadline);
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
                ulong expected = GetExpectedSize();
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

    /// <inheritdoc/>
    public IReadOnlyList<MemoryBackendInfo> GetBackends() => backends.GetAll();

    /// <inheritdoc/>
    public void AddBackend(MemoryBackendConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        backends.Add(config);
    }

    /// <inheritdoc/>
    public void RemoveBackend(string name) => backends.Remove(name);

    /// <summary>The backends of the configuration, before any device.</summary>
    /// <exception cref="VmException">One is impossible.</exception>
    internal void AddBackends()
    {
        foreach (MemoryBackendConfig backend in platform.Config.Backends.OfType<MemoryBackendConfig>())
        {
            backends.Add(backend);
        }
    }

    /// <summary>Whether a DIMM has an id.</summary>
    internal bool HasDimm(string id) => dimms.HasId(id);

    /// <summary>The DIMMs of the configuration, before the guest starts. No lock held.</summary>
    /// <exception cref="VmException">One can't be made.</exception>
    internal void AddConfigured()
    {
        foreach (DimmConfig dimm in platform.Config.Dimms)
        {
            dimms.Plug(dimm, null);
        }
    }

    /// <summary>Bytes of boot memory and what memory devices give the guest now.</summary>
    internal ulong GetTotalSize() => platform.Config.Memory.Size + GetPluggedSize();

    /// <summary>The guest said something about memory devices.</summary>
    internal void OnSignal(GuestSignal signal)
    {
        if (signal.Kind == GuestSignalKind.MemorySizeChanged)
        {
            virtioMem.OnSizeChanged();
        }
        else
        {
            dimms.OnSignal(signal);
        }
    }

    /// <inheritdoc cref="OperationBook.Check"/>
    internal TimeSpan CheckOperations() => VirtualMachine.Earlier(dimms.CheckOperations(), virtioMem.CheckOperations());

    /// <summary>Withdraws an operation; false if it is none about memory, or it is too late.</summary>
    internal bool Cancel(HotplugOperation operation) => dimms.Cancel(operation) || virtioMem.Cancel(operation);

    /// <summary>The guest has started, or is off.</summary>
    internal void SetGuestStarted(bool started) => dimms.GuestStarted = started;

    /// <summary>The machine is being reset, all vCPUs are parked and all devices were reset.</summary>
    internal void Reset()
    {
        dimms.Reset();
        virtioMem.Reset();
        if (desiredSize is { } desired)
        {
            desiredSize = null;
            ShrinkAtReset(desired);
        }
    }

    /// <summary>Takes everything from the guest; open operations fail. <see cref="Dispose"/> waits for the rest.</summary>
    internal void Shutdown()
    {
        dimms.Shutdown();
        virtioMem.Shutdown();
    }

    /// <summary>Returns when nothing is left. Without the control lock.</summary>
    public void Dispose() => dimms.Dispose();

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

    private ulong GetPluggedSize()
    {
        ulong plugged = 0;
        foreach (DimmState dimm in dimms.Attached)
        {
            plugged += dimm.Size;
        }

        foreach (VirtioMemTarget device in virtioMem.GetAll())
        {
            plugged += device.Memory.PluggedSize;
        }

        return plugged;
    }

    // When everything that is asked for is done.
    private ulong GetExpectedSize()
    {
        ulong size = platform.Config.Memory.Size;
        foreach (DimmState dimm in dimms.Attached.Where(d => d.Removal is null))
        {
            size += dimm.Size;
        }

        foreach (VirtioMemTarget device in virtioMem.GetAll())
        {
            size += device.Memory.RequestedSize;
        }

        return size;
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
        VirtioMemTarget device = virtioMem.GetAll().FirstOrDefault()
            ?? throw new VmException(VmErrorCode.HotplugNotSupported, "the machine has no virtio-mem device");
        ulong others = GetExpectedSize() - device.Memory.RequestedSize;
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
        ulong expected = GetExpectedSize();
        CheckGranule(expected - desired);
        foreach (DimmState dimm in dimms.Attached.Reverse().Where(d => d.Removal is null).ToArray())
        {
            if (dimm.Size <= expected - desired)
            {
                expected -= dimm.Size;
                dimms.Unplug(dimm, deadline);
            }
        }

        bool complete = GetTotalSize() == desired;
        desiredSize = complete ? null : desired;
        if (!dimms.GuestStarted && !complete)
        {
            desiredSize = null;
            ShrinkAtReset(desired);
            expected = GetExpectedSize();
        }

        IHotplugOperation[] pending = [.. dimms.Attached.SelectMany(d => (HotplugOperation?[])[d.Plug, d.Removal]).OfType<IHotplugOperation>()];
        return new MemoryResize(desired, expected, pending);
    }

    // No guest has to agree. A DIMM that is larger than what is to go is replaced by a smaller one, if it came from Resize.
    private void ShrinkAtReset(ulong desired)
    {
        foreach (DimmState dimm in dimms.Attached.Reverse().ToArray())
        {
            ulong total = GetExpectedSize();
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

    private DimmConfig CreateDimm(ulong bytes, string? id) => new()
    {
        Id = id,
        Memory = new MemoryBackendConfig { Name = id ?? "resized", Size = bytes, Share = platform.Config.Memory.Shared },
    };
}
