using System;
using Limber.Block;
using Limber.Device.Loop;
using Limber.Pci;
using Limber.Virtio;
using Limber.Virtio.Balloon;

namespace Limber.Machine;

/// <summary>A device with all it holds of the host. Dispose gives it all back, in the order in which one needs the other.</summary>
/// <param name="loop">Its loop; null when it has none of its own.</param>
internal sealed class DeviceParts(DeviceLoop? loop) : IDisposable
{
    /// <summary>How the guest reaches it.</summary>
    public PciFunction? Function { get; set; }

    /// <summary>The virtio device behind the function, if it is one.</summary>
    public VirtioDevice? Device { get; set; }

    public VirtioBlock.VirtioBlock? Disk { get; set; }

    public VirtioBalloon? Balloon { get; set; }

    /// <summary>The disk's image, whoever owns it.</summary>
    public IBlockImage? Image { get; set; }

    /// <summary>An image that goes with the device.</summary>
    public IBlockImage? OwnedImage { get; set; }

    /// <summary>The console device with the host sides of its ports.</summary>
    public ConsoleBoard? Board { get; set; }

    /// <summary>Gives the named backend back.</summary>
    public Action? Release { get; set; }

    /// <summary>May wait for I/O: not on a vCPU's thread, nor with a lock held. The function is on no bus.</summary>
    public void Dispose()
    {
        Board?.Close();
        if (Function is not null)
        {
            Function.Dispose();
        }
        else
        {
            Device?.Dispose();
        }

        loop?.Dispose();
        Board?.DisposeBackends();
        OwnedImage?.Dispose();
        Release?.Invoke();
    }
}
