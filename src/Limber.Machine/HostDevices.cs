using System;
using Limber.Config.Devices;
using Limber.Memory;
using Limber.Vfio;
using Limber.Virtio.Balloon;

namespace Limber.Machine;

/// <summary>Functions of the host that the guest has (VFIO), and the memory they see.</summary>
/// <remarks>
/// Thread: any but a vCPU's; opening waits for the kernel to pin all guest memory. The order in a reset of the machine:
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

    private readonly GuestMemoryMap memory;
    private readonly VfioManager manager;

    /// <param name="memory">The guest's RAM.</param>
    /// <param name="calls">The kernel; null for the real one.</param>
    public HostDevices(GuestMemoryMap memory, IVfioCalls? calls)
    {
        this.memory = memory;
        manager = new VfioManager(calls);
        BalloonMemory = new HeldBalloonMemory(new GuestBalloonMemory(memory));
    }

    /// <summary>What balloons give back to the host: nothing while a function is open.</summary>
    public HeldBalloonMemory BalloonMemory { get; }

    /// <summary>Opens a function of the host, which reaches guest memory from here on.</summary>
    /// <param name="config">Which.</param>
    /// <param name="failed">Hears what goes wrong later: operation, reason, false. Any thread.</param>
    /// <exception cref="VfioException">It can't be passed through; nothing is left.</exception>
    public DeviceParts Open(VfioDeviceConfig config, Action<string, string, bool> failed)
    {
        BalloonMemory.Hold();
        try
        {
            VfioPciFunction function = manager.Open(config.Path, config.Id ?? config.Driver, memory.Current);
            function.Faulted += (_, reason) => failed("device", reason, false);
            return new DeviceParts(loop: null) { Function = function, Release = BalloonMemory.Unhold };
        }
        catch
        {
            BalloonMemory.Unhold();
            throw;
        }
    }

    /// <summary>The functions see exactly the guest's memory as it is now. Called when it was plugged, and before it is unmapped.</summary>
    /// <exception cref="VfioException">The host refused.</exception>
    public void MapMemory() => manager.MapMemory(memory.Current);

    /// <summary>The functions see no memory until <see cref="MapMemory"/>. They have been reset; no vCPU runs.</summary>
    /// <exception cref="VfioException">The host refused.</exception>
    public void ForgetMemory()
    {
        // One that takes longer is off the bus all the same; a vCPU that uses it will wait for it.
        _ = manager.WaitForResets(ResetPatience);
        manager.UnmapMemory();
    }

    /// <summary>All functions are closed.</summary>
    public void Dispose() => manager.Dispose();
}
