using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using Limber.Acpi;
using Limber.Boot;
using Limber.Config;
using Limber.Config.Devices;
using Limber.Control;
using Limber.Cpu;
using Limber.Device;
using Limber.Devices.Platform.CpuHotplug;
using Limber.Devices.Platform.Ged;
using Limber.Devices.Platform.PciHotplug;
using Limber.Interop;
using Limber.Kvm;
using Limber.Memory;
using Limber.Pci;
using Limber.Vfio;

namespace Limber.Machine;

/// <summary>
/// What a machine is made of below its processors: the kernel's part, memory, devices on their buses, and the boot image.
/// </summary>
/// <remarks>Guarded by the machine's control lock, but for what vCPU threads use, which does not change.</remarks>
internal sealed class MachinePlatform : IDisposable
{
    private readonly MachineEnvironment environment;
    private readonly KvmSystem kvm;
    private readonly KvmVm vm;
    private readonly MemoryLayout layout;
    private readonly GuestMemory memory;
    private readonly ProcessorModel model;
    private readonly VcpuExitHandler exits;
    private readonly PlatformDevices devices;
    private readonly BootImage bootImage;

    private MachinePlatform(
        VmConfig config, MachineEnvironment environment, KvmSystem kvm, KvmVm vm, MemoryLayout layout, GuestMemory memory)
    {
        Config = config;
        this.environment = environment;
        this.kvm = kvm;
        this.vm = vm;
        this.layout = layout;
        this.memory = memory;
        model = new ProcessorModel(config.Cpus, kvm);
        Signals = new GuestSignalQueue(config.Cpus.Max, 2 * PciBus.MaximumDevices, config.Memory.Slots);
        PciDevices = PciPlacement.Plan(config.PciDevices);
        ImmutableArray<uint> apicIds = [.. Enumerable.Range(0, config.Cpus.Max).Select(GetApicId)];
        GuestRange memoryArea = MemoryPlatform.PlaceArea(layout, config.Memory, model.PhysicalAddressBits);
        var numa = new NumaTables(config.Numa, apicIds, layout, memoryArea);
        FirmwareArea area = FirmwareArea.Place(layout, config.Cpus.Max, numa.ReservedBytes, config.Memory.Slots);
        DeviceMemory = new MemoryPlatform(config.Memory, memoryArea, (memory, area.MemoryHotplug.Start), (Signals, GuestErrors));
        CpuHotplug = new CpuHotplugController(
            apicIds, memory, area.CpuHotplug.Start, Devices.Platform.PlatformPorts.CpuHotplugDoorbell, Signals, GuestErrors)
        {
            ProximityDomains = numa.ProcessorDomains,
        };
        Events = new GenericEventDevice(
            new KvmInterruptLine(vm, PlatformMap.EventInterrupt),
            PlatformMap.EventInterrupt,
            memory,
            area.Events.Start,
            [CpuHotplugController.ScanMethod, PciHotplugController.ScanMethod, .. DeviceMemory.ScanMethods]);
        devices = new PlatformDevices(vm, environment, layout, Signals, GuestErrors, CpuHotplug);
        if (DeviceMemory.Hotplug is { } dimms)
        {
            devices.Ports.Insert(Devices.Platform.PlatformPorts.MemoryHotplugDoorbell, sizeof(uint), dimms, "memory hotplug");
        }

        MemoryMap = new GuestMemoryMap(memory);
        PmemWindow = new PmemWindow(PciPlatform.GetPmemRange(memoryArea.End, model.PhysicalAddressBits));
        Pci = new PciPlatform(
            vm,
            devices,
            PciPlatform.GetWindows(memoryArea.End, model.PhysicalAddressBits, PciPlacement.GetPorts(PciDevices).Count),
            PciPlacement.GetPorts(PciDevices),
            (memory, area.PciHotplug.Start),
            (Signals, GuestErrors));
        exits = new VcpuExitHandler(devices.Ports, devices.Memory, Signals, GuestErrors, LostPages);
        var tables = new FirmwareTables(apicIds, [.. Pci.AmlContributors, CpuHotplug, .. DeviceMemory.AmlContributors, Events, .. devices.AmlContributors], area.Tables)
        {
            FixedTables = [Pci.Mcfg, .. numa.Tables],
        };
        bootImage = new BootImage(config.Payload, layout, area, tables);
    }

    public VmConfig Config { get; }

    /// <summary>Number of possible processors.</summary>
    public int ProcessorCount => Config.Cpus.Max;

    public string CpuModelName => model.Name;

    public IReadOnlyList<string> Warnings => model.Warnings;

    /// <inheritdoc cref="ProcessorModel.ResolveFeatures"/>
    public CpuFeatureSet ResolveFeatures(CpuSpec other) => model.ResolveFeatures(other);

    /// <summary>The guest's boot memory.</summary>
    public GuestMemory Memory => memory;

    public GuestSignalQueue Signals { get; }

    public GuestErrorCounters GuestErrors { get; } = new();

    public CpuHotplugController CpuHotplug { get; }

    public PciPlatform Pci { get; }

    /// <summary>Where memory may come while the guest runs.</summary>
    public MemoryPlatform DeviceMemory { get; }

    /// <summary>The PCI devices of the configuration, each with its place.</summary>
    public ImmutableArray<DeviceConfig> PciDevices { get; }

    /// <summary>The guest's RAM as devices see it.</summary>
    public GuestMemoryMap MemoryMap { get; }

    /// <summary>Shows the guest memory devices, and what is not RAM.</summary>
    public IGuestMappings GuestMappings => vm.MemorySlots;

    /// <summary>Helps when a file that the guest has as memory is cut off.</summary>
    public LostPages LostPages { get; } = new();

    /// <inheritdoc cref="MachineEnvironment.VfioCalls"/>
    public IVfioCalls? VfioCalls => environment.VfioCalls;

    /// <summary>Guest physical addresses of persistent memory.</summary>
    public PmemWindow PmemWindow { get; }

    public GenericEventDevice Events { get; }

    /// <summary>Creates everything; on failure nothing is left.</summary>
    public static MachinePlatform Create(VmConfig config, MachineEnvironment environment)
    {
        if (config.Numa.FindProblem(config.Cpus.Max, config.Memory.Size) is string problem)
        {
            throw new VmException(VmErrorCode.Failed, problem);
        }

        MemoryLayout layout = MemoryLayout.For(config.Memory.Size);
        KvmSystem? kvm = null;
        KvmVm? vm = null;
        GuestMemory? memory = null;
        try
        {
            kvm = KvmSystem.Open(environment.KvmPath);
            ProcessorLimits.Check(config.Cpus, kvm);
            vm = kvm.CreateVm();
            vm.CreatePlatform(PlatformMap.RealModePages.Start);
            if (ProcessorLimits.NeedsX2Apic(config.Cpus))
            {
                vm.EnableX2ApicIds();
            }

            memory = BootMemory.Allocate(layout, config.Memory);
            foreach (GuestMemoryRegion region in memory.Regions)
            {
                vm.MemorySlots.Map(region);
            }

            return new MachinePlatform(config, environment, kvm, vm, layout, memory);
        }
        catch
        {
            vm?.Dispose();
            kvm?.Dispose();
            DisposeMemory(memory);
            throw;
        }
    }

    public uint GetApicId(int index) => Config.Cpus.Topology.ApicId(index);

    public CpuLocation GetLocation(int index) => Config.Cpus.Topology.Location(index);

    /// <summary>A vCPU that is not ready yet. The kernel keeps it: it must not be asked for a second time.</summary>
    public KvmVcpu CreateVcpu(int index) => vm.CreateVcpu(GetApicId(index));

    /// <summary>
    /// Brings a vCPU that does not run to its power-on state, whatever happened to it: a parked one may have got interrupts
    /// from the guest, and one whose creation failed half way is made ready now.
    /// </summary>
    public void PowerOn(int index, KvmVcpu vcpu)
    {
        if (vcpu.IsReady)
        {
            vcpu.Reset();
        }
        else
        {
            vcpu.SetCpuid(model.GetCpuid(index), BootRegisterWriter.FirmwareMsrs);
        }
    }

    /// <summary>A thread for a vCPU, not started.</summary>
    public VcpuThread CreateVcpuThread(int index, KvmVcpu vcpu) => new($"vcpu{index}", vcpu, exits, environment.StartThread);

    /// <summary>
    /// Fills the guest's memory with what it boots and points the boot processor at it. No vCPU runs; memory reads as zeros,
    /// or holds the image of an earlier call that no guest has run.
    /// </summary>
    public void Load(IReadOnlyList<int> presentProcessors, KvmVcpu bootProcessor)
    {
        CpuHotplug.Reset(presentProcessors);
        Pci.Prepare();
        DeviceMemory.Prepare();
        Events.Reset();
        BootRegisterWriter.Write(bootProcessor, bootImage.Load(memory, presentProcessors));
    }

    /// <summary>
    /// Returns interrupt controllers and devices to their power-on state. No vCPU runs; from here on nothing but a vCPU
    /// sends an interrupt.
    /// </summary>
    public void ResetDevices()
    {
        vm.ResetPlatform();
        devices.Reset();
    }

    /// <summary>Forgets what the guest's boot memory holds. No vCPU runs, and the kernel writes to it for none.</summary>
    public void DiscardMemory()
    {
        foreach (GuestMemoryRegion region in memory.Regions)
        {
            region.Discard();
        }
    }

    /// <summary>Tells the program that holds the machine why it stopped.</summary>
    public void ReportFailure(string description) => environment.Diagnostic(description);

    /// <summary>Gives everything back. All vCPUs are disposed.</summary>
    public void Dispose()
    {
        Pci.Dispose();
        devices.Dispose();
        bootImage.Dispose();
        vm.Dispose();
        kvm.Dispose();
        DisposeMemory(memory);
    }

    private static void DisposeMemory(GuestMemory? memory)
    {
        foreach (GuestMemoryRegion region in memory?.Regions ?? [])
        {
            region.Dispose();
        }
    }
}
