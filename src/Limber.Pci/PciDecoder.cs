using System;
using System.Collections.Generic;
using System.Threading;
using Limber.Device;

namespace Limber.Pci;

/// <summary>
/// Keeps what answers on the machine's buses in step with what the guest wrote into command registers, BARs and bridge
/// windows.
/// <code>
/// wanted: decoding is on, the address is assigned, all bridges above forward it, it lies in the machine's windows
///
///            wanted, range free            not wanted any more
///   silent -------------------> answering ---------------------> silent
///     |                             ^
///     | wanted, range taken         | whoever was there is gone
///     +---------> blocked ----------+
/// </code>
/// </summary>
/// <remarks>
/// Wanted addresses are read from the registers under <see cref="gate"/>, so the refresh that comes last sees the newest.
/// Guest-controlled: every address. BARs that overlap, each other or the platform, wait silently and throw nothing.
/// Lock order: a function's transaction gate, then <see cref="gate"/>, then the buses' and the hypervisor's. Functions are
/// told under the gate, so that they hear of mappings in the order in which they happen.
/// </remarks>
internal sealed class PciDecoder(IPciHost host, PciWindows windows)
{
    private static readonly TimeSpan DrainLimit = TimeSpan.FromSeconds(30);

    private readonly Lock gate = new();
    private readonly List<PciBar> bars = [];

    /// <summary>A function came.</summary>
    public void Add(PciFunction function)
    {
        lock (gate)
        {
            bars.AddRange(function.Bars);
        }

        Refresh(function);
    }

    /// <summary>
    /// A function goes: it answers nowhere when this has returned, and no access is inside it.
    /// </summary>
    /// <exception cref="TimeoutException">An access never came back.</exception>
    public void Remove(PciFunction function)
    {
        var draining = new List<IoRange>();
        lock (gate)
        {
            foreach (PciBar bar in function.Bars)
            {
                bars.Remove(bar);
                bar.Wanted = null;
                Unmap(bar);
                draining.AddRange(bar.Draining);
                bar.Draining.Clear();
            }

            MapBlocked();
        }

        foreach (IoRange range in draining)
        {
            if (!range.WaitUntilQuiescent(DrainLimit))
            {
                throw new TimeoutException($"an access to {range} has not returned within {DrainLimit.TotalSeconds:0} s");
            }
        }
    }

    /// <summary>Registers of a function changed, or of a bridge, which concerns everything behind it.</summary>
    public void Refresh(PciFunction function)
    {
        lock (gate)
        {
            bool released = Update(function);
            foreach (PciBar bar in bars)
            {
                // Own bars first; those that wait for a range get it only when somebody left one.
                if (bar.Mapped is null && (released || bar.Owner == function || IsBehind(bar.Owner, function)))
                {
                    TryMap(bar);
                }
            }
        }
    }

    private static bool IsBehind(PciFunction function, PciFunction bridge)
    {
        for (PciBridge? parent = function.Bus?.Bridge; parent is not null; parent = parent.Bus?.Bridge)
        {
            if (parent == bridge)
            {
                return true;
            }
        }

        return false;
    }

    private bool Update(PciFunction function)
    {
        bool released = false;
        foreach (PciBar bar in bars)
        {
            if (bar.Owner != function && !IsBehind(bar.Owner, function))
            {
                continue;
            }

            bar.Wanted = FindWanted(bar);
            if (bar.Mapped is { } mapped && mapped.Start != bar.Wanted)
            {
                Unmap(bar);
                released = true;
            }
        }

        return released;
    }

    private ulong? FindWanted(PciBar bar)
    {
        PciFunction function = bar.Owner;
        ushort needed = bar.IsIo ? PciRegisters.CommandIo : PciRegisters.CommandMemory;
        if ((function.Config.GetUInt16(PciRegisters.Command) & needed) == 0)
        {
            return null;
        }

        ulong address = bar.ReadAddress();
        bool inside = bar.IsIo ? windows.ContainsPorts(address, bar.Size) : windows.ContainsMemory(address, bar.Size);
        if (address == 0 || !inside)
        {
            return null;
        }

        for (PciBridge? bridge = function.Bus?.Bridge; bridge is not null; bridge = bridge.Bus?.Bridge)
        {
            if (!bridge.Forwards(bar.IsIo, address, bar.Size))
            {
                return null;
            }
        }

        return address;
    }

    private void MapBlocked()
    {
        foreach (PciBar bar in bars)
        {
            if (bar.Mapped is null)
            {
                TryMap(bar);
            }
        }
    }

    private void TryMap(PciBar bar)
    {
        if (bar.Wanted is not { } address)
        {
            return;
        }

        IoBus bus = BusOf(bar);
        if (IsTaken(bus, address, bar.Size))
        {
            host.Log.GuestError(bar.Owner.Name, "BAR over an address that is taken");
            return;
        }

        try
        {
            bar.Mapped = bus.Insert(address, bar.Size, bar.Handler, bar.Owner.Name);
        }
        catch (InvalidOperationException)
        {
            // The machine itself took the range since the look above.
            host.Log.GuestError(bar.Owner.Name, "BAR over an address that is taken");
            return;
        }

        bar.Owner.NotifyMapped(bar.Index, address);
    }

    private void Unmap(PciBar bar)
    {
        if (bar.Mapped is not { } mapped)
        {
            return;
        }

        bar.Owner.NotifyUnmapped(bar.Index);
        BusOf(bar).Remove(mapped.Start);
        bar.Mapped = null;
        bar.Draining.RemoveAll(range => range.IsQuiescent);
        bar.Draining.Add(mapped);
    }

    private IoBus BusOf(PciBar bar) => bar.IsIo ? host.Ports : host.Memory;

    private static bool IsTaken(IoBus bus, ulong start, ulong length)
    {
        ulong last = start + (length - 1);
        foreach (IoRange range in bus.Ranges)
        {
            if (range.Start <= last && start <= range.Last)
            {
                return true;
            }
        }

        return false;
    }
}
