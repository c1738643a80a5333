using System;
using System.Collections.Generic;
using Limber.Boot;
using Limber.Device;
using Limber.Devices.Platform;
using Limber.Devices.Platform.AcpiPm;
using Limber.Devices.Platform.CpuHotplug;
using Limber.Devices.Platform.DebugPort;
using Limber.Devices.Platform.I8042;
using Limber.Devices.Platform.Rtc;
using Limber.Devices.Platform.Serial;
using Limber.Kvm;

namespace Limber.Machine;

/// <summary>The fixed devices of every machine and the buses they sit on.</summary>
internal sealed class PlatformDevices : IDisposable
{
    private readonly List<IResettable> resettable = [];
    private readonly List<IAmlContributor> contributors = [];
    private readonly List<ICharacterBackend> backends = [];

    public PlatformDevices(
        KvmVm vm,
        MachineEnvironment environment,
        MemoryLayout layout,
        IGuestSignals signals,
        IDeviceLog log,
        CpuHotplugController cpuHotplug)
    {
        AddSerialPorts(vm, environment, log);
        AddPowerManagement(environment.Time, signals, log);
        AddLegacy(environment.Time, layout, signals, log);

        // Its AML is described by whoever made it, before the event device that calls it.
        Ports.Insert(PlatformPorts.CpuHotplugDoorbell, sizeof(uint), cpuHotplug, "processor hotplug");
    }

    /// <summary>I/O ports.</summary>
    public IoBus Ports { get; } = new("I/O port");

    /// <summary>Memory-mapped registers.</summary>
    public IoBus Memory { get; } = new("memory");

    /// <summary>Devices that describe themselves to the guest's ACPI.</summary>
    public IReadOnlyList<IAmlContributor> AmlContributors => contributors;

    /// <summary>Returns all devices to their power-on state. No vCPU runs.</summary>
    public void Reset() => resettable.ForEach(d => d.Reset());

    /// <summary>Ends the host sides of the serial ports; what they still hold is written first.</summary>
    public void Dispose() => backends.ForEach(b => b.Dispose());

    private void AddSerialPorts(KvmVm vm, MachineEnvironment environment, IDeviceLog log)
    {
        for (int i = 0; i < environment.SerialBackends.Length && i < SerialDevice.MaximumPorts; i++)
        {
            if (environment.SerialBackends[i] is not { } backend)
            {
                continue;
            }

            var serial = new SerialDevice(i, new KvmInterruptLine(vm, SerialDevice.GetIrq(i)), backend, log);
            Add(Ports, serial.BasePort, PlatformPorts.SerialLength, serial, $"COM{i + 1}");
            backends.Add(backend);
            backend.Start(serial);
        }
    }

    private void AddPowerManagement(TimeProvider time, IPowerController power, IDeviceLog log)
    {
        Add(Ports, PlatformPorts.SleepControl, AcpiSleepDevice.PortCount, new AcpiSleepDevice(power, log), "ACPI sleep");
        Add(Ports, PlatformPorts.PmTimer, AcpiPmTimer.PortCount, new AcpiPmTimer(time), "ACPI PM timer");
    }

    private void AddLegacy(TimeProvider time, MemoryLayout layout, IPowerController power, IDeviceLog log)
    {
        Add(Ports, PlatformPorts.KeyboardData, KeyboardController.PortCount, new KeyboardController(power), "keyboard controller");
        Add(Ports, PlatformPorts.Rtc, PlatformPorts.RtcLength, new RtcDevice(time, layout.Low.Length, layout.High.Length, log), "real-time clock");
        Add(Ports, PlatformPorts.Debug, 1, new PostCodePort(), "POST code");
        Add(Ports, PlatformPorts.SystemControlA, 1, new SystemControlPort(power), "system control port A");
    }

    private void Add(IoBus bus, ulong start, ulong length, IIoDevice device, string name)
    {
        bus.Insert(start, length, device, name);
        if (device is IResettable r)
        {
            resettable.Add(r);
        }

        if (device is IAmlContributor c)
        {
            contributors.Add(c);
        }
    }
}
