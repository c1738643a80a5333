using Limber.Control;

namespace Limber.Machine;

/// <summary>
/// Something that can be plugged in and out: its names, its open operations, and the requests that the guest finds about it.
/// Guarded by the machine's control lock.
/// </summary>
internal abstract class HotplugTarget
{
    /// <summary>The user's id, or null.</summary>
    public string? Id { get; set; }

    /// <summary>Object path.</summary>
    public string Path { get; set; } = "";

    /// <summary>What events and operations call it.</summary>
    public string Target => Id ?? Path;

    /// <summary>The plug that the guest has not answered yet.</summary>
    public HotplugOperation? Plug { get; set; }

    /// <summary>The removal that the guest has not answered yet.</summary>
    public HotplugOperation? Removal { get; set; }

    /// <summary>The last plug, if it ended without the guest, which may still act on it.</summary>
    public HotplugOperation? EndedPlug { get; set; }

    /// <summary>The last removal, if it ended without the guest, which may still act on it.</summary>
    public HotplugOperation? EndedRemoval { get; set; }

    /// <summary>Slot of a processor; -1 for another device.</summary>
    public abstract int CpuIndex { get; }

    /// <summary>What it is, in words: <c>processor</c>.</summary>
    public abstract string Noun { get; }

    /// <summary>What it is, in events.</summary>
    public abstract DeviceClass Class { get; }

    /// <summary>What a plug that the guest has not answered in time leaves behind, in words.</summary>
    public virtual string PlugLeaves => $"the {Noun} is present, and the guest may be using it";

    public abstract OperationKind PlugKind { get; }

    public abstract OperationKind UnplugKind { get; }

    /// <summary>True when the guest has read all requests about it.</summary>
    public abstract bool IsRead { get; }

    /// <summary>True when the guest's ACPI has read the insertion that is pending.</summary>
    public virtual bool HasReadInsert => IsRead;

    /// <summary>True when the guest's ACPI has read the request for removal that is pending.</summary>
    public virtual bool HasReadRemoval => IsRead;

    /// <summary>The guest is not to find the insertion any more.</summary>
    public abstract void EndInsert();

    /// <summary>The guest is not to find the request for removal any more.</summary>
    public abstract void EndRemoval();

    /// <summary>The guest was told to look.</summary>
    public virtual void OnAnnounced(EventPublisher publisher) { }

    /// <summary>The guest reported a status about it.</summary>
    public virtual void OnStatusReported(EventPublisher publisher, uint sourceEvent, uint status) { }
}
