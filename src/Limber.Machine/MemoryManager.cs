using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using Limber.Config;
using Limber.Config.Backends;
using Limber.Control;

namespace Limber.Machine;

/// <summary>
/// The machine's memory devices for clients: DIMMs in <see cref="DimmSet"/>, virtio-mem in <see cref="VirtioMemSet"/>, and a size
/// that is asked for without naming a device in <see cref="MemoryResizer"/>.
/// </summary>
/// <remarks>Thread: public members any; internal ones with the control lock held, but for those that say otherwise.</remarks>
internal sealed class MemoryManager : IMemoryManager, IDisposable
{
    private readonly Lock control;
    private readonly MachinePlatform platform;
    private readonly DimmSet dimms;
    private readonly VirtioMemSet virtioMem;
    private readonly MemoryBackendSet backends;
    private readonly Action checkAlive;
    private readonly MemoryTotals totals;
    private readonly MemoryResizer resizer;

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
        this.dimms = dimms;
        this.virtioMem = virtioMem;
        backends = rest.Backends;
        checkAlive = rest.CheckAlive;
        totals = new MemoryTotals(platform, dimms, virtioMem);
        resizer = new MemoryResizer((control, checkAlive), platform, devices, dimms, virtioMem, totals);
    }

    /// <inheritdoc/>
    public MemorySummary GetSummary()
    {
        lock (control)
        {
            MemoryConfig config = platform.Config.Memory;
            return new MemorySummary(config.Size, totals.GetPlugged(), ulong.Max(config.Size, config.MaximumSize), config.Slots);
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
        return resizer.Resize(desiredBytes, deadline);
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
    internal ulong GetTotalSize() => totals.GetTotal();

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
        resizer.Reset();
    }

    /// <summary>Takes everything from the guest; open operations fail. <see cref="Dispose"/> waits for the rest.</summary>
    internal void Shutdown()
    {
        dimms.Shutdown();
        virtioMem.Shutdown();
    }

    /// <summary>Returns when nothing is left. Without the control lock.</summary>
    public void Dispose() => dimms.Dispose();
}
