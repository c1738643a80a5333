using System.Collections.Generic;

namespace Limber.Bench;

/// <summary>A monitor that is measured. Both take QEMU's command line and QMP, so one is driven exactly as the other.</summary>
/// <param name="Name">Heads its column.</param>
/// <param name="Executable">Path or command.</param>
internal sealed record Vmm(string Name, string Executable)
{
    /// <summary>The largest number of processors for which no interrupt remapping is needed.</summary>
    private const int MaxWithoutRemapping = 255;

    /// <summary>
    /// Only QEMU has to be told how APIC ids above 254 are to be reached, and only QEMU has the machine type microvm.
    /// </summary>
    public required bool IsQemu { get; init; }

    /// <summary>The processors' model.</summary>
    public string Cpu { get; init; } = "host";

    /// <summary>The command line of a machine without anything optional.</summary>
    /// <param name="shape">Its size and guest.</param>
    /// <param name="qmp">Path of the QMP socket.</param>
    /// <param name="serial">Path of the serial port's socket.</param>
    public IReadOnlyList<string> Arguments(MachineShape shape, string qmp, string serial)
    {
        bool remapping = IsQemu && shape.MaxCpus > MaxWithoutRemapping;
        List<string> arguments =
        [
            "-display", "none", "-no-user-config", "-nodefaults", "-m", Memory(shape),
            "-machine", $"{shape.Machine},accel=kvm" + (remapping ? ",kernel-irqchip=split" : ""), "-cpu", Cpu,
            "-smp", $"1,maxcpus={shape.MaxCpus}",
            "-qmp", $"unix:{qmp},server=on,wait=off", "-serial", $"unix:{serial},server=on,wait=off",
            "-kernel", shape.Kernel, "-initrd", shape.Initramfs, "-append", KernelArguments(shape),
        ];
        if (remapping)
        {
            arguments.AddRange(["-device", "intel-iommu,intremap=on"]);
        }

        arguments.AddRange(shape.Devices?.Invoke(this) ?? []);
        return arguments;
    }

    private static string Memory(MachineShape shape) =>
        shape.Grows ? $"size={shape.MemoryMiB}M,slots=4,maxmem=32G" : $"{shape.MemoryMiB}";

    // Memory that came is online at once, and holds nothing that could not be moved away again.
    private static string KernelArguments(MachineShape shape) =>
        "console=ttyS0 quiet loglevel=1 panic=-1" + (shape.Grows ? " memhp_default_state=online_movable" : "");
}
