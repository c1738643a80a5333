using System;

namespace Limber.Control;

/// <summary>One hotplug operation at one moment.</summary>
public sealed record OperationSnapshot
{
    /// <summary>Unique for the life of the machine, from 1.</summary>
    public required long Id { get; init; }

    public required OperationKind Kind { get; init; }

    public required OperationState State { get; init; }

    /// <summary>Slot index of the processor; -1 for another device, or for several processors.</summary>
    public required int CpuIndex { get; init; }

    /// <summary>The device's id, or its object path when it has none.</summary>
    public required string Target { get; init; }

    public required DateTimeOffset RequestedAt { get; init; }

    public DateTimeOffset? NotifiedAt { get; init; }

    public DateTimeOffset? AcknowledgedAt { get; init; }

    /// <summary>When a final state was reached.</summary>
    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>When the operation becomes <see cref="OperationState.TimedOut"/>; null for never.</summary>
    public DateTimeOffset? Deadline { get; init; }

    /// <summary>Last <c>_OST</c> source event (ACPI 6.5, table 6.14), or null.</summary>
    public uint? OstEvent { get; init; }

    /// <summary>Last <c>_OST</c> status code, or null.</summary>
    public uint? OstStatus { get; init; }

    /// <summary>The meaning of the state or of the guest's code, in words.</summary>
    public string? Detail { get; init; }

    /// <summary>
    /// What the guest did about the request after the operation had ended, in words; null when it did nothing. The machine
    /// has followed the guest; the state above stays.
    /// </summary>
    public string? Aftermath { get; init; }

    /// <summary>When <see cref="Aftermath"/> was noted.</summary>
    public DateTimeOffset? AftermathAt { get; init; }

    /// <summary>True in a final state.</summary>
    public bool IsFinal => State >= OperationState.Completed;
}
