using System;
using System.Collections.Generic;
using Limber.Acpi;
using Limber.Device;

namespace Limber.Pci;

/// <summary>The root of a machine's PCI segment: root bus, configuration mechanisms, windows.</summary>
public sealed class PciHostBridge : IAmlContributor, IResettable, IDisposable
{
    /// <summary>Path of the bridge in the guest's ACPI namespace.</summary>
    public const string AmlPath = @"\_SB.PCI0";

    private readonly uint firstInterrupt;
    private readonly PciDomain domain;
    private readonly PciConfigPorts configPorts;
    private readonly IoRange portRange;
    private readonly IoRange ecamRange;

    /// <summary>Makes it answer on the machine's buses.</summary>
    /// <param name="host">The machine.</param>
    /// <param name="windows">The addresses that belong to PCI.</param>
    /// <param name="firstInterrupt">Global system interrupt of the first of four wires that the pins share; the others follow it.</param>
    /// <exception cref="InvalidOperationException">Something else answers at its addresses.</exception>
    public PciHostBridge(IPciHost host, PciWindows windows, uint firstInterrupt)
    {
        ArgumentNullException.ThrowIfNull(host);
        ArgumentNullException.ThrowIfNull(windows);
        if (windows.BusCount is < 1 or > PciWindows.MaximumBuses)
        {
            throw new ArgumentOutOfRangeException(
                nameof(windows), $"{windows.BusCount} PCI buses are not in 1..{PciWindows.MaximumBuses}");
        }

        Windows = windows;
        this.firstInterrupt = firstInterrupt;
        domain = new PciDomain(host, windows);
        Bus = new PciBus(domain, bridge: null, PciBus.MaximumDevices);
        Bus.Add(new HostBridgeFunction(), 0);
        configPorts = new PciConfigPorts(this);
        portRange = host.Ports.Insert(PciConfigPorts.FirstPort, PciConfigPorts.PortCount, configPorts, "PCI configuration");
        ecamRange = host.Memory.Insert(windows.EcamBase, windows.ConfigurationLength, new PciEcam(this), "PCI configuration");
    }

    /// <summary>The root bus; device 0 is the bridge itself.</summary>
    public PciBus Bus { get; }

    /// <summary>The addresses that belong to PCI.</summary>
    public PciWindows Windows { get; }

    /// <summary>The table that tells the guest where configuration space is. Its memory should be reserved in the guest's memory map as well.</summary>
    public McfgBuilder DescribeConfigurationSpace() =>
        new McfgBuilder().AddSegment(Windows.EcamBase, 0, 0, (byte)(Windows.BusCount - 1));

    /// <inheritdoc/>
    public IEnumerable<AmlTerm> DescribeAml() => PciHostBridgeAml.Describe(Windows, firstInterrupt);

    /// <summary>Resets everything below. Addresses are unassigned afterwards: <see cref="PciResources.AssignAll"/> follows.</summary>
    public void Reset()
    {
        configPorts.Reset();
        Bus.Reset();
    }

    /// <summary>Leaves the machine's buses. Functions are the business of those who added them.</summary>
    public void Dispose()
    {
        domain.Host.Ports.Remove(portRange.Start);
        domain.Host.Memory.Remove(ecamRange.Start);
    }

    /// <summary>A configuration read; <paramref name="data"/>, 1, 2 or 4 bytes, is full of ones and stays so when nobody answers.</summary>
    internal void ReadConfig(byte bus, int deviceAndFunction, int register, Span<byte> data) =>
        Find(bus, deviceAndFunction)?.ReadConfig(register, data);

    /// <summary>A configuration write of 1, 2 or 4 bytes; nothing happens when nobody answers.</summary>
    internal void WriteConfig(byte bus, int deviceAndFunction, int register, ReadOnlySpan<byte> data) =>
        Find(bus, deviceAndFunction)?.WriteConfig(register, data);

    private PciFunction? Find(byte bus, int deviceAndFunction) =>
        bus == 0 ? Bus.FindIndex(deviceAndFunction) : Bus.FindBus(bus)?.FindIndex(deviceAndFunction);
}
