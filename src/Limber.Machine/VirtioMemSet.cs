using System;
using System.Collections.Generic;
using System.Linq;
using Limber.Control;

namespace Limber.Machine;

/// <summary>The sizes of the machine's virtio-mem devices: what clients wish, and what the guest has done about it.</summary>
/// <remarks>Thread: with the control lock held.</remarks>
internal sealed class VirtioMemSet
{
    private readonly DeviceManager devices;
    private readonly EventPublisher publisher;
    private readonly OperationBook book;
    private readonly List<VirtioMemTarget> targets = [];

    /// <param name="devices">The PCI devices, some of which are memory.</param>
    /// <param name="publisher">Takes the events.</param>
    /// <param name="book">Keeps the operations.</param>
    public VirtioMemSet(DeviceManager devices, EventPublisher publisher, OperationBook book)
    {
        this.devices = devices;
        this.publisher = publisher;
        this.book = book;
    }

    /// <summary>All that are plugged in, by the time they came.</summary>
    public IReadOnlyList<VirtioMemTarget> GetAll()
    {
        Refresh();
        return targets;
    }

    /// <inheritdoc cref="IMemoryManager.SetRequestedSize"/>
    public IHotplugOperation SetRequestedSize(string id, ulong bytes, TimeSpan? deadline)
    {
        VirtioMemTarget target = GetAll().FirstOrDefault(t => t.Id == id || t.Path == id)
            ?? throw new VmException(VmErrorCode.DeviceNotFound, $"Device '{id}' not found") { DeviceId = id };
        return SetRequestedSize(target, bytes, deadline);
    }

    /// <inheritdoc cref="IMemoryManager.SetRequestedSize"/>
    public IHotplugOperation SetRequestedSize(VirtioMemTarget target, ulong bytes, TimeSpan? deadline)
    {
        if (target.Memory.Options.FindRequestProblem(bytes) is { } problem)
        {
            throw new VmException(VmErrorCode.InvalidDevice, $"'{target.Target}': {problem}") { DeviceId = target.Id };
        }

        if (target.Device.Removal is not null)
        {
            throw new VmException(VmErrorCode.InvalidState, $"the device '{target.Target}' is being removed") { DeviceId = target.Id };
        }

        if (target.Plug is { } pending)
        {
            if (target.Memory.RequestedSize == bytes)
            {
                return pending;
            }

            book.End(target, pending, OperationState.Cancelled, $"{bytes} bytes were asked for instead");
        }

        book.BeginPlug(target, deadline);
        HotplugOperation operation = target.Plug!;
        target.Before = (target.Memory.RequestedSize, target.Memory.PluggedSize);
        target.Memory.RequestedSize = bytes;
        if (!devices.GuestStarted)
        {
            book.End(target, operation, OperationState.Completed, "the guest will find it when it starts");
        }
        else
        {
            book.NoteNotified(operation);
            CompleteIfReached(target);
        }

        return operation;
    }

    /// <summary>The guest has plugged or unplugged blocks of some device.</summary>
    public void OnSizeChanged()
    {
        foreach (VirtioMemTarget target in GetAll())
        {
            ulong size = target.Memory.PluggedSize;
            if (size == target.ReportedSize)
            {
                continue;
            }

            target.ReportedSize = size;
            publisher.Publish(new VmEvent.MemoryDeviceSizeChanged(target.Id, target.Path, size));
            if (target.Plug is { } operation)
            {
                book.NoteAcknowledged(operation, "the guest has begun");
                CompleteIfReached(target);
            }
            else if (size == target.Memory.RequestedSize)
            {
                book.NoteAftermath(target.EndedPlug, $"the guest uses {size} bytes");
            }
        }
    }

    /// <inheritdoc cref="OperationBook.Check"/>
    public TimeSpan CheckOperations() => book.Check(GetAll());

    /// <summary>Withdraws a wish that the guest has not begun to follow; false if it is of no device here, or too late.</summary>
    public bool Cancel(HotplugOperation operation)
    {
        if (targets.Find(t => t.Plug == operation) is not { } target || target.Memory.PluggedSize != target.Before.Plugged)
        {
            return false;
        }

        target.Memory.RequestedSize = target.Before.Requested;
        book.End(target, operation, OperationState.Cancelled, "withdrawn before the guest had acted on it");
        return true;
    }

    /// <summary>The machine is being reset, all vCPUs are parked and devices were reset: a guest that starts anew begins with nothing plugged.</summary>
    public void Reset()
    {
        foreach (VirtioMemTarget target in GetAll())
        {
            target.Memory.UnplugAll();
            target.EndedPlug = null;
        }
    }

    /// <summary>Open operations fail.</summary>
    public void Shutdown()
    {
        foreach (VirtioMemTarget target in targets)
        {
            EndWithout(target, "the machine ended");
        }
    }

    private void CompleteIfReached(VirtioMemTarget target)
    {
        ulong size = target.Memory.PluggedSize;
        if (size == target.Memory.RequestedSize)
        {
            book.End(target, target.Plug!, OperationState.Completed, $"the guest uses {size} bytes");
        }
    }

    private void EndWithout(VirtioMemTarget target, string detail)
    {
        if (target.Plug is { } operation)
        {
            book.End(target, operation, OperationState.Failed, detail);
        }
    }

    private void Refresh()
    {
        foreach (VirtioMemTarget gone in targets.Where(t => !t.Device.IsAttached).ToArray())
        {
            EndWithout(gone, "the device was removed");
            targets.Remove(gone);
        }

        foreach (PluggedDevice device in devices.MemoryDevices)
        {
            if (!targets.Exists(t => t.Device == device))
            {
                targets.Add(new VirtioMemTarget(device));
            }
        }
    }
}
