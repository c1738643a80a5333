using System;
using System.Threading;
using Limber.Config.Devices;
using Limber.Memory;
using Limber.Vfio;
using Limber.Virtio.Balloon;

namespace Limber.Machine;

/// <summary>Functions of the host that the guest has (VFIO), and the memory they see.</summary>
/// <remarks>
/// Thread: any but a vCPU's; opening waits for the kernel to pin all guest memory. Lock order: the machine's control lock, then
/// <see cref="gate"/>, which is held while a function is opened: else its memory could be pinned between
/// <see cref="ForgetMemory"/> and the discard, and it would go on using pages that the guest has lost.
/// The order in a reset of the machine:
/// <code>
///   functions reset, bus mastering off   PciHostBridge.Reset
///   their resets in the host are over    ForgetMemory waits
///   no memory for them                   ForgetMemory
///   memory is discarded                  MachinePlatform.Reset
///   memory for them                      MapMemory
/// </code>
/// </remarks>
internal sealed class HostDevices : IDisposable
{
    private static readonly TimeSpan ResetPatience = TimeSpan.FromSeconds(10);

    private readonly Lock gate = new();
    private readonly VfioManager manager;
    private readonly MemorySpace space;
    private GuestMemory memory;
    private bool isForgotten;

    /// <param name="memory">The guest's RAM.</param>
    /// <param name="space">Memory that comes and goes.</param>
    /// <param name="calls">The kernel; null for the real one.</param>
    public HostDevices(GuestMemoryMap memory, MemorySpace space, IVfioCalls? calls)
    {
        this.space = space;
        this.memory = memory.Current;
        memory.Changing += OnMemoryChanging;
        manager = new VfioManager(calls);
        BalloonMemory = new HeldBalloonMemory(new GuestBalloonMemory(memory));
    }

    /// <summary>What balloons give back to the host: nothing while a function is open.</summary>
    public HeldBalloonMemory BalloonMemory { get; }

    /// <summary>Opens a function of the host, which reaches guest memory from here on.</summary>
    /// <param name="config">Which.</param>
    /// <param name="failed">Hears what goes wrong later: operation, reason, false. Any thread.</param>
    /// <exception cref="VfioException">It can't be passed through; nothing is left.</exception>
    /// <exception cref="Control.VmException">InvalidDevice: there is a virtio-mem device.</exception>
    public DeviceParts Open(VfioDeviceConfig config, Action<string, string, bool> failed)
    {
        space.Pin();
        BalloonMemory.Hold();
        try
        {
            VfioPciFunction function = Open(config);
            function.Faulted += (_, reason) => failed("device", reason, false);
            return new DeviceParts(loop: null) { Function = function, Release = Unpin };
        }
        catch
        {
            Unpin();
            throw;
        }
    }

    /// <summary>The functions see the guest's memory again after <see cref="ForgetMemory"/>.</summary>
    /// <exception cref="VfioException">The host refused.</exception>
    public void MapMemory()
    {
        lock (gate)
        {
            manager.MapMemory(memory);
            isForgotten = false;
        }
    }

    /// <summary>The functions see no memory until <see cref="MapMemory"/>. They have been reset; no vCPU runs.</summary>
    /// <exception cref="VfioException">The host refused.</exception>
    public void ForgetMemory()
    {
        // One that takes longer is off the bus all the same; a vCPU that uses it will wait for it.
        _ = manager.WaitForResets(ResetPatience);
        lock (gate)
        {
            isForgotten = true;
            manager.UnmapMemory();
        }
    }

    /// <summary>All functions are closed.</summary>
    public void Dispose() => manager.Dispose();

    private void Unpin()
    {
        BalloonMemory.Unhold();
        space.Unpin();
    }

    // Memory comes or goes while the guest runs, or while the machine is being reset.
    private void OnMemoryChanging(GuestMemory next)
    {
        lock (gate)
        {
            if (!isForgotten)
            {
                manager.MapMemory(next);
            }

            memory = next;
        }
    }

    private VfioPciFunction Open(VfioDeviceConfig config)
    {
        lock (gate)
        {
            return isForgotten
                ? throw new VfioException(config.Path, "the machine's memory is being replaced by a reset, or could not be after one; reset it again")
                : manager.Open(config.Path, config.Id ?? config.Driver, memory);
        }
    }
}
