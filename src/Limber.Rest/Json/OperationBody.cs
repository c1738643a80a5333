using System;
using System.Text.Json;
using Limber.Control;

namespace Limber.Rest.Json;

/// <summary>A hotplug operation on the wire; times are RFC 3339.</summary>
internal sealed record OperationBody
{
    public required long Id { get; init; }

    /// <summary><c>cpu-plug</c>, <c>cpu-unplug</c>, <c>cpu-online</c>, <c>device-plug</c> or <c>device-unplug</c>.</summary>
    public required string Kind { get; init; }

    /// <summary><c>requested</c>, <c>notified</c>, <c>acknowledged</c>, <c>completed</c>, <c>refused</c>, <c>timed-out</c>,
    /// <c>cancelled</c> or <c>failed</c>.</summary>
    public required string State { get; init; }

    public required bool Final { get; init; }

    /// <summary>-1 for a device, or for several processors.</summary>
    public required int CpuIndex { get; init; }

    public required string Target { get; init; }

    public required DateTimeOffset RequestedAt { get; init; }

    public DateTimeOffset? NotifiedAt { get; init; }

    public DateTimeOffset? AcknowledgedAt { get; init; }

    public DateTimeOffset? EndedAt { get; init; }

    public DateTimeOffset? Deadline { get; init; }

    public uint? OstEvent { get; init; }

    public uint? OstStatus { get; init; }

    public string? Detail { get; init; }

    /// <summary>What the guest did about the request after the operation had ended.</summary>
    public string? Aftermath { get; init; }

    public DateTimeOffset? AftermathAt { get; init; }

    public static OperationBody Of(OperationSnapshot operation) => new()
    {
        Id = operation.Id,
        Kind = Kebab(operation.Kind.ToString()),
        State = Kebab(operation.State.ToString()),
        Final = operation.IsFinal,
        CpuIndex = operation.CpuIndex,
        Target = operation.Target,
        RequestedAt = operation.RequestedAt,
        NotifiedAt = operation.NotifiedAt,
        AcknowledgedAt = operation.AcknowledgedAt,
        EndedAt = operation.EndedAt,
        Deadline = operation.Deadline,
        OstEvent = operation.OstEvent,
        OstStatus = operation.OstStatus,
        Detail = operation.Detail,
        Aftermath = operation.Aftermath,
        AftermathAt = operation.AftermathAt,
    };

    /// <summary><c>TimedOut</c> becomes <c>timed-out</c>.</summary>
    public static string Kebab(string name) => JsonNamingPolicy.KebabCaseLower.ConvertName(name);

    /// <summary>One sentence for a cause.</summary>
    public string Describe()
    {
        string sentence = $"operation {Id} ({Kind} of {(CpuIndex >= 0 ? $"vCPU {CpuIndex}" : Target)}) {(Final ? "has ended: " : "is still pending: ")}{State}";
        return Detail is null ? sentence : $"{sentence} ({Detail})";
    }
}
