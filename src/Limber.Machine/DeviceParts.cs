using System;
using System.Collections.Generic;
using System.Threading;
using Limber.Block;
using Limber.Device;
using Limber.Device.Loop;
using Limber.Pci;
using Limber.Virtio;
using Limber.Virtio.Balloon;
using Limber.Virtio.Mem;

namespace Limber.Machine;

/// <summary>A device with all it holds of the host. Dispose gives it all back, in the order in which one needs the other.</summary>
/// <remarks>Lock order: <see cref="gate"/> is taken without the control lock, and no other lock of a machine while it is held.</remarks>
internal sealed class DeviceParts(DeviceLoop loop) : IDisposable
{
    private readonly Lock gate = new();
    private readonly ManualResetEventSlim quiet = new();
    private bool ending;

    /// <summary>How the guest reaches it.</summary>
    public PciFunction? Function { get; set; }

    /// <summary>The virtio device behind the function, if it is one.</summary>
    public VirtioDevice? Device { get; set; }

    public VirtioBlock.VirtioBlock? Disk { get; set; }

    public VirtioBalloon? Balloon { get; set; }

    public VirtioMem? Memory { get; set; }

    /// <summary>Returns when the device touches no guest memory that it has found by an older map; it goes on with the newest.</summary>
    /// <remarks>Thread: any but vCPUs' and loops'.</remarks>
    public void Quiesce()
    {
        lock (gate)
        {
            if (!ending)
            {
                // Rings and chains are looked up anew when it resumes.
                Device?.Pause();
                Device?.Resume();
                return;
            }
        }

        quiet.Wait();
    }

    /// <summary>The disk's image, whoever owns it.</summary>
    public IBlockImage? Image { get; set; }

    /// <summary>An image that goes with the device.</summary>
    public IBlockImage? OwnedImage { get; set; }

    /// <summary>Host sides of a console's ports.</summary>
    public List<ICharacterBackend> Characters { get; } = [];

    /// <summary>Gives the named backend back.</summary>
    public Action? Release { get; set; }

    /// <summary>May wait for I/O: not on a vCPU's thread, nor with a lock held. The function is on no bus.</summary>
    public void Dispose()
    {
        lock (gate)
        {
            ending = true;
        }

        if (Function is not null)
        {
            Function.Dispose();
        }
        else
        {
            Device?.Dispose();
        }

        // Who waits for it may not wait for the rest: two of them would wait for each other.
        quiet.Set();
        loop.Dispose();
        Characters.ForEach(c => c.Dispose());
        OwnedImage?.Dispose();
        Release?.Invoke();
    }
}
