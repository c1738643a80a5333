using System;
using System.Collections.Generic;
using System.Linq;

namespace Limber.Pci;

/// <summary>
/// Does what firmware would: bus numbers, bridge windows, BAR addresses. A directly booted guest finds everything assigned;
/// a function that is plugged into the root bus later is assigned before it is announced.
/// </summary>
/// <remarks>
/// It keeps nothing: what is taken is what the functions' registers say now, also where the guest moved them, and what a
/// removed function had is free by itself. Decoding is left off: the guest turns it on with its driver.
/// Thread: the machine's, while no vCPU runs or for a function that the guest doesn't know yet.
/// </remarks>
public static class PciResources
{
    private const ulong MemoryGrain = 0x10_0000;
    private const ulong IoGrain = 0x1000;

    /// <summary>Memory below 4 GiB that each port gets for what may be plugged, in bytes.</summary>
    public const ulong PortMemory32 = 0x20_0000;

    /// <summary>Largest share of the window above 4 GiB that each port gets for what may be plugged, in bytes.</summary>
    public const ulong PortMemory64 = 0x8_0000_0000;

    private const ulong SmallestPortMemory64 = 0x1000_0000;

    /// <summary>Assigns everything anew, after everything has been reset.</summary>
    /// <exception cref="PciResourceException">The windows are too small.</exception>
    public static void AssignAll(PciHostBridge host)
    {
        ArgumentNullException.ThrowIfNull(host);
        IReadOnlyList<PciFunction> functions = host.Bus.Functions;
        foreach (PciFunction function in functions)
        {
            Clear(function);
        }

        Pools pools = Pools.Of(host.Windows);
        byte next = 1;
        PciBridge[] bridges = [.. functions.OfType<PciBridge>()];
        if (bridges.Length >= host.Windows.BusCount)
        {
            throw new PciResourceException($"{bridges.Length} PCI bridges need more than the {host.Windows.BusCount} buses there are");
        }

        foreach (PciBridge bridge in bridges)
        {
            bridge.Config.SetByte(PciRegisters.PrimaryBus, 0);
            bridge.Config.SetByte(PciRegisters.SecondaryBus, next);
            bridge.Config.SetByte(PciRegisters.SubordinateBus, next);
            next++;
        }

        // Devices before the rooms that bridges keep in reserve, the largest first, which leaves the fewest gaps.
        AssignBars(functions, pools);
        foreach (PciBridge bridge in bridges)
        {
            AssignBridge(bridge, pools, GetPortMemory64(host.Windows, bridges.Length));
        }
    }

    /// <summary>Assigns a function that has come to the root bus and that the guest doesn't know yet.</summary>
    /// <exception cref="PciResourceException">The windows are too full; nothing has changed.</exception>
    public static void Assign(PciHostBridge host, PciFunction function)
    {
        ArgumentNullException.ThrowIfNull(host);
        ArgumentNullException.ThrowIfNull(function);
        Pools pools = Pools.Of(host.Windows);
        foreach (PciFunction other in host.Bus.Functions.Where(other => other != function))
        {
            pools.Reserve(other);
        }

        AssignBars([function], pools);
    }

    private static void Clear(PciFunction function)
    {
        foreach (PciBar bar in function.Bars)
        {
            bar.WriteAddress(0);
        }

        if (function is PciBridge bridge)
        {
            BridgeWindows.None.Write(bridge.Config);
            foreach (PciFunction behind in bridge.SecondaryBus.Functions)
            {
                Clear(behind);
            }
        }
    }

    private static ulong GetPortMemory64(PciWindows windows, int ports)
    {
        // Half of the window at most is kept in reserve.
        ulong share = ports == 0 ? 0 : windows.Mmio64Length / 2 / (ulong)ports / MemoryGrain * MemoryGrain;
        ulong wanted = Math.Min(share, PortMemory64);
        return wanted < SmallestPortMemory64 ? 0 : 1UL << System.Numerics.BitOperations.Log2(wanted);
    }

    private static void AssignBars(IEnumerable<PciFunction> functions, Pools pools)
    {
        var assigned = new List<(PciBar Bar, ulong Address)>();
        foreach (PciBar bar in functions.SelectMany(function => function.Bars).OrderByDescending(bar => bar.Size))
        {
            ulong address = pools.For(bar).TryTake(bar.Size, bar.Size)
                ?? throw new PciResourceException(
                    $"no room for 0x{bar.Size:x} of BAR {bar.Index} ({bar.Kind}) of {bar.Owner.Name} in the PCI windows");
            assigned.Add((bar, address));
        }

        foreach ((PciBar bar, ulong address) in assigned)
        {
            bar.WriteAddress(address);
            bar.Owner.RefreshDecoding();
        }
    }

    private static void AssignBridge(PciBridge bridge, Pools pools, ulong reserve64)
    {
        IReadOnlyList<PciFunction> behind = bridge.SecondaryBus.Functions;
        PciBar[] bars = [.. behind.SelectMany(function => function.Bars)];
        ulong io = RoundUp(Sum(bars, bar => bar.IsIo), IoGrain);
        ulong memory = Math.Max(RoundUp(Sum(bars, bar => !bar.IsIo && !bar.IsPrefetchable), MemoryGrain), PortMemory32);
        ulong prefetchable = Math.Max(RoundUp(Sum(bars, bar => bar.IsPrefetchable), MemoryGrain), reserve64);
        AddressSpan ioSpan = Take(bridge, pools.Io, io, IoGrain);
        AddressSpan memorySpan = Take(bridge, pools.Memory32, memory, Alignment(bars, bar => !bar.IsIo && !bar.IsPrefetchable));
        AddressSpan prefetchableSpan = Take(
            bridge, pools.Memory64, prefetchable, Math.Max(Alignment(bars, bar => bar.IsPrefetchable), LargestPowerIn(reserve64)));
        BridgeWindows.Of(ioSpan, memorySpan, prefetchableSpan).Write(bridge.Config);
        bridge.RefreshDecoding();
        AssignBars(behind, new Pools(new AddressPool(ioSpan), new AddressPool(memorySpan), new AddressPool(prefetchableSpan), behindBridge: true));
    }

    private static AddressSpan Take(PciBridge bridge, AddressPool pool, ulong length, ulong alignment) =>
        length == 0
            ? default
            : new AddressSpan(
                pool.TryTake(length, alignment)
                    ?? throw new PciResourceException($"no room for a window of 0x{length:x} of {bridge.Name} in the PCI windows"),
                length);

    // Sizes are powers of two and the largest come first, so that their sum is enough without gaps.
    private static ulong Sum(IEnumerable<PciBar> bars, Func<PciBar, bool> chosen) =>
        bars.Where(chosen).Aggregate(0UL, (sum, bar) => sum + bar.Size);

    private static ulong Alignment(IEnumerable<PciBar> bars, Func<PciBar, bool> chosen) =>
        bars.Where(chosen).Select(bar => bar.Size).Append(MemoryGrain).Max();

    private static ulong LargestPowerIn(ulong length) =>
        length == 0 ? MemoryGrain : 1UL << System.Numerics.BitOperations.Log2(length);

    private static ulong RoundUp(ulong length, ulong grain) => (length + (grain - 1)) / grain * grain;

    private sealed class Pools(AddressPool io, AddressPool memory32, AddressPool memory64, bool behindBridge)
    {
        public AddressPool Io { get; } = io;

        public AddressPool Memory32 { get; } = memory32;

        public AddressPool Memory64 { get; } = memory64;

        public static Pools Of(PciWindows windows) => new(
            new AddressPool(new AddressSpan(windows.IoStart, windows.IoLength)),
            new AddressPool(
                new AddressSpan(windows.Mmio32Start, windows.Mmio32Length),
                new AddressSpan(windows.Mmio32HighStart, windows.Mmio32HighLength)),
            new AddressPool(new AddressSpan(windows.Mmio64Start, windows.Mmio64Length)),
            behindBridge: false);

        // A bridge's window for what isn't prefetchable is below 4 GiB.
        public AddressPool For(PciBar bar) => bar.Kind switch
        {
            PciBarKind.Io => Io,
            PciBarKind.Prefetchable64 => Memory64,
            PciBarKind.Memory64 when !behindBridge => Memory64,
            _ => Memory32,
        };

        public void Reserve(PciFunction function)
        {
            foreach (PciBar bar in function.Bars)
            {
                ulong address = bar.ReadAddress();
                if (address != 0)
                {
                    (bar.IsIo ? Io : Memory32).Reserve(address, bar.Size);
                    Memory64.Reserve(address, bar.IsIo ? 0 : bar.Size);
                }
            }

            if (function is PciBridge bridge)
            {
                BridgeWindows windows = bridge.Windows;
                Reserve(Io, windows.IoBase, windows.IoLimit);
                Reserve(Memory32, windows.MemoryBase, windows.MemoryLimit);
                Reserve(Memory64, windows.PrefetchableBase, windows.PrefetchableLimit);
                Reserve(Memory32, windows.PrefetchableBase, windows.PrefetchableLimit);
            }
        }

        private static void Reserve(AddressPool pool, ulong first, ulong last)
        {
            if (first <= last && last != ulong.MaxValue)
            {
                pool.Reserve(first, last - first + 1);
            }
        }
    }
}
