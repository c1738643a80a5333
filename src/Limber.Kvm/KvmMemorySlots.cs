using System;
using System.Collections.Generic;
using System.Threading;
using Limber.Device;
using Limber.Interop;
using Limber.Memory;

namespace Limber.Kvm;

/// <summary>
/// The memory slots of one machine: which host pages the guest sees where, RAM and device memory alike.
/// </summary>
/// <remarks>Thread: any. Lock order: <see cref="gate"/> is a leaf.</remarks>
public sealed class KvmMemorySlots : IGuestMappings
{
    private readonly Lock gate = new();
    private readonly KvmVm vm;
    private readonly uint limit;
    private readonly Stack<uint> free = new();
    private uint next;

    internal KvmMemorySlots(KvmVm vm, int maximum)
    {
        this.vm = vm;
        limit = (uint)maximum;
    }

    /// <summary>Slots in use.</summary>
    public int Count
    {
        get
        {
            lock (gate)
            {
                return (int)next - free.Count;
            }
        }
    }

    /// <summary>Shows a region of RAM to the guest. Dispose the result to take it away; the region must stay mapped until then.</summary>
    /// <exception cref="KvmException">The kernel refused; nothing has changed.</exception>
    /// <exception cref="HostException">All slots are in use.</exception>
    public IDisposable Map(GuestMemoryRegion region)
    {
        ArgumentNullException.ThrowIfNull(region);
        return Map(region.Range, region.Mapping.Address, readOnly: false);
    }

    /// <inheritdoc/>
    public IDisposable Map(ulong address, nint host, ulong length, bool readOnly) =>
        Map(new GuestRange(new GuestAddress(address), length), host, readOnly);

    private Mapping Map(GuestRange range, nint host, bool readOnly)
    {
        uint slot;
        lock (gate)
        {
            if (!free.TryPop(out slot))
            {
                slot = next < limit ? next++ : throw new HostException($"all {limit} memory slots of the host's KVM are in use", ErrorNumber.ENOSPC);
            }
        }

        try
        {
            vm.SetMemorySlot(slot, range, host, readOnly);
            return new Mapping(this, slot, range.Start);
        }
        catch
        {
            Release(slot);
            throw;
        }
    }

    private void Release(uint slot)
    {
        lock (gate)
        {
            free.Push(slot);
        }
    }

    private sealed class Mapping(KvmMemorySlots slots, uint slot, GuestAddress start) : IDisposable
    {
        private bool disposed;

        public void Dispose()
        {
            if (disposed)
            {
                return;
            }

            disposed = true;
            try
            {
                slots.vm.SetMemorySlot(slot, new GuestRange(start, 0), 0, readOnly: false);
                slots.Release(slot);
            }
            catch (ObjectDisposedException)
            {
                // The machine is gone, and its slots with it.
            }
        }
    }
}
