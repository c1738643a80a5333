using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;

namespace Limber.Pci;

/// <summary>The functions of one bus.</summary>
/// <remarks>
/// Add and Remove: one at a time, by the machine, not on a vCPU's thread. Lookups take no lock: a snapshot that never
/// changes is replaced whole, so a function is there completely or not at all.
/// </remarks>
public sealed class PciBus
{
    /// <summary>Device numbers of a bus.</summary>
    public const int MaximumDevices = 32;

    private const int FunctionsPerDevice = 8;

    private readonly Lock writerLock = new();
    private PciFunction?[] snapshot = new PciFunction?[MaximumDevices * FunctionsPerDevice];

    internal PciBus(PciDomain domain, PciBridge? bridge, int deviceCount)
    {
        Domain = domain;
        Bridge = bridge;
        DeviceCount = deviceCount;
    }

    /// <summary>The bus number: 0 for the root bus, else what the guest gave the bridge above; 0 while it gave none.</summary>
    public byte Number => Bridge?.Config.GetByte(PciRegisters.SecondaryBus) ?? 0;

    /// <summary>Device numbers it has: 32, or 1 behind a PCIe port, whose link leads to one device.</summary>
    public int DeviceCount { get; }

    /// <summary>Everything on it, by device and function number.</summary>
    public IReadOnlyList<PciFunction> Functions => [.. Volatile.Read(ref snapshot).OfType<PciFunction>()];

    /// <summary>The bridge above; null for the root bus.</summary>
    public PciBridge? Bridge { get; }

    internal PciDomain Domain { get; }

    /// <summary>The function at a place, or null.</summary>
    public PciFunction? Find(int device, int function) =>
        device is >= 0 and < MaximumDevices && function is >= 0 and < FunctionsPerDevice
            ? FindIndex((device << 3) | function)
            : null;

    /// <summary>True when no function has the device number and the bus has it.</summary>
    public bool IsFree(int device) =>
        device >= 0
        && device < DeviceCount
        && CountFunctions(Volatile.Read(ref snapshot).AsSpan(device << 3, FunctionsPerDevice)) == 0;

    /// <summary>The lowest device number from <paramref name="first"/> that is free, or null.</summary>
    public int? FindFreeDevice(int first = 0)
    {
        for (int device = first; device < DeviceCount; device++)
        {
            if (IsFree(device))
            {
                return device;
            }
        }

        return null;
    }

    /// <summary>
    /// Puts a function on the bus: from here on the guest can reach it. Of a device with several functions the one with
    /// number 0 comes last, because guests look for it first.
    /// </summary>
    /// <param name="function">One that has never been on a bus.</param>
    /// <param name="device">Device number.</param>
    /// <param name="number">Function number, 0..7.</param>
    /// <exception cref="ArgumentOutOfRangeException">The bus has no such place.</exception>
    /// <exception cref="InvalidOperationException">The place is taken, or the function was on a bus before.</exception>
    /// <exception cref="Interop.HostException">The host is out of what the function needs; nothing has changed.</exception>
    public void Add(PciFunction function, int device, int number = 0)
    {
        ArgumentNullException.ThrowIfNull(function);
        if ((uint)device >= (uint)DeviceCount || (uint)number >= FunctionsPerDevice)
        {
            throw new ArgumentOutOfRangeException(
                nameof(device), $"device {device} function {number} is not in 0..{DeviceCount - 1} and 0..{FunctionsPerDevice - 1}");
        }

        int index = (device << 3) | number;
        lock (writerLock)
        {
            if (snapshot[index] is { } present)
            {
                throw new InvalidOperationException($"{present.Name} is at {present.Address} already");
            }

            function.Attach(this, index);
            Publish(index, function);
        }
    }

    /// <summary>
    /// Takes a function from the bus. When this has returned, no access of the guest is inside it and none comes: it may be
    /// disposed.
    /// </summary>
    /// <remarks>
    /// Waits for accesses that vCPUs are in the middle of, so it is not called on a vCPU's thread nor with a lock that an
    /// access may need.
    /// </remarks>
    /// <exception cref="InvalidOperationException">It is not on this bus.</exception>
    public void Remove(PciFunction function)
    {
        ArgumentNullException.ThrowIfNull(function);
        lock (writerLock)
        {
            int index = Array.IndexOf(snapshot, function);
            if (index < 0)
            {
                throw new InvalidOperationException($"{function.Name} is not on PCI bus {Number}");
            }

            Publish(index, null);
        }

        function.Detach();
    }

    /// <summary>The function at a device and function number as configuration addresses join them.</summary>
    internal PciFunction? FindIndex(int deviceAndFunction) => Volatile.Read(ref snapshot)[deviceAndFunction];

    /// <summary>The bus with a number, this one or one below; null when no bridge forwards it.</summary>
    internal PciBus? FindBus(byte number)
    {
        PciBus bus = this;
        while (true)
        {
            PciBridge? next = bus.FindBridge(number);
            if (next is null)
            {
                return null;
            }

            bus = next.SecondaryBus;
            if (next.Config.GetByte(PciRegisters.SecondaryBus) == number)
            {
                return bus;
            }
        }
    }

    /// <summary>Which pin of which device of the root bus a pin ends at (PCI-to-PCI Bridge 1.2, 9.1).</summary>
    internal (int Device, int Pin) SwizzlePin(int device, int pin)
    {
        PciBus bus = this;
        while (bus.Bridge is { } bridge)
        {
            pin = ((pin - 1 + device) % 4) + 1;
            device = bridge.Device;
            bus = bridge.Bus ?? throw new InvalidOperationException($"{bridge.Name} is on no PCI bus");
        }

        return (device, pin);
    }

    /// <summary>Resets everything on the bus.</summary>
    internal void Reset()
    {
        foreach (PciFunction? function in Volatile.Read(ref snapshot))
        {
            function?.Reset();
        }
    }

    private PciBridge? FindBridge(byte number)
    {
        foreach (PciFunction? function in Volatile.Read(ref snapshot))
        {
            if (function is PciBridge bridge && bridge.Leads(number))
            {
                return bridge;
            }
        }

        return null;
    }

    private static int CountFunctions(ReadOnlySpan<PciFunction?> device)
    {
        int count = 0;
        foreach (PciFunction? function in device)
        {
            count += function is null ? 0 : 1;
        }

        return count;
    }

    private void Publish(int index, PciFunction? function)
    {
        var next = (PciFunction?[])snapshot.Clone();
        next[index] = function;
        Volatile.Write(ref snapshot, next);
        Span<PciFunction?> device = next.AsSpan(index & ~7, FunctionsPerDevice);
        int count = CountFunctions(device);
        foreach (PciFunction? member in device)
        {
            member?.SetMultiFunction(count > 1);
        }
    }
}
