using System;
using System.Collections.Generic;
using Limber.Boot;
using Limber.Config;
using Limber.Devices.Platform;
using Limber.Devices.Platform.AcpiPm;
using Limber.Memory;
using Limber.Pci;

namespace Limber.Machine;

/// <summary>
/// Everything that is in the guest's memory when it starts: ACPI tables and the kernel, or the built-in notice. It can be
/// loaded any number of times, from files that are kept open.
/// </summary>
internal sealed class BootImage : IDisposable
{
    private readonly E820Map map;
    private readonly FirmwareTables tables;
    private readonly string commandLine;
    private readonly KernelImage? kernel;
    private readonly InitramfsImage? initramfs;

    /// <exception cref="BootException">A file is missing or not what it should be.</exception>
    public BootImage(PayloadConfig payload, MemoryLayout layout, FirmwareArea area, FirmwareTables tables)
    {
        this.tables = tables;
        commandLine = payload.CommandLine;
        map = E820Map.For(layout)
            .Reserve(area.Tables, E820Type.Acpi)
            .Reserve(GuestRange.Between(area.Events.Start, area.CpuHotplug.End), E820Type.Reserved)
            .Reserve(new GuestRange(new GuestAddress(PlatformMap.PciConfigurationAddress), PciWindows.EcamLength), E820Type.Reserved)
            .Reserve(PlatformMap.RealModePages, E820Type.Reserved);
        if (payload.Kernel is null)
        {
            return;
        }

        kernel = KernelImage.Open(payload.Kernel);
        try
        {
            initramfs = payload.Initramfs is null ? null : InitramfsImage.Open(payload.Initramfs);
        }
        catch
        {
            kernel.Dispose();
            throw;
        }
    }

    /// <summary>Writes the image and returns how the boot processor starts in it.</summary>
    /// <exception cref="BootException">It does not fit, or a file can't be read any more.</exception>
    public BootRegisters Load(GuestMemory memory, IReadOnlyList<int> presentProcessors)
    {
        GuestAddress rsdp = tables.Write(memory, presentProcessors);
        ResetVector.Load(memory, PlatformPorts.Reset, AcpiSleepDevice.ResetValue);
        if (kernel is null)
        {
            return HaltNotice.Load(memory).Registers;
        }

        var request = new LoadRequest
        {
            Kernel = kernel,
            Initramfs = initramfs,
            CommandLine = commandLine,
            MemoryMap = map,
            RsdpAddress = rsdp,
        };
        return BootLoader.Load(memory, request).Registers;
    }

    public void Dispose()
    {
        kernel?.Dispose();
        initramfs?.Dispose();
    }
}
