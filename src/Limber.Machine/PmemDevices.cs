using System;
using System.IO;
using Limber.Config.Devices;
using Limber.Control;
using Limber.Device;
using Limber.Memory;
using Limber.Virtio;
using Limber.VirtioDevices.Pmem;

namespace Limber.Machine;

/// <summary>Makes persistent memory from its configuration: the file, its place in the guest's addresses, and the device.</summary>
/// <remarks>
/// The range is not in the machine's memory map: other devices do not reach it, so nothing the guest tells them can touch the
/// file, and a reset of the machine does not clear it.
/// </remarks>
internal sealed class PmemDevices(PmemWindow window, IGuestMappings mappings, LostPages lostPages)
{
    /// <summary>Opens the file and shows it to the guest.</summary>
    /// <param name="context">Surroundings.</param>
    /// <param name="config">What it is.</param>
    /// <param name="parts">Gets what has to be given back when the device is gone.</param>
    /// <exception cref="VmException">The file can't be opened or has an impossible size, or the guest has no addresses left.</exception>
    public PmemDevice Create(VirtioDeviceContext context, PmemDeviceConfig config, DeviceParts parts)
    {
        PmemFile file = Open(config);
        try
        {
            GuestRange range = window.Take(file.Mapping.Length);
            parts.Release = () => window.Release(range);
            var device = new PmemDevice(context, file, range.Start, mappings);
            IDisposable entry = lostPages.Add(device.TryReplaceLost);
            parts.Release = () =>
            {
                entry.Dispose();
                window.Release(range);
            };
            return device;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private static PmemFile Open(PmemDeviceConfig config)
    {
        try
        {
            return Directory.Exists(config.File)
                ? PmemFile.CreateIn(config.File, config.Size ?? throw new ArgumentException($"'{config.File}' is a directory, and persistent memory in a new file needs a size"))
                : PmemFile.Open(config.File, config.Size, config.DiscardWrites);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new VmException(VmErrorCode.HostFailure, $"cannot open '{config.File}' for persistent memory: {Interop.HostReason.Of(e)}", e);
        }
    }
}
