using System;

namespace Limber.Control;

/// <summary>A request that the machine refused, with nothing changed.</summary>
public sealed class VmException : Exception
{
    public VmException(VmErrorCode code, string message, Exception? inner = null)
        : base(message, inner) => Code = code;

    /// <summary>The reason, for programs.</summary>
    public VmErrorCode Code { get; }

    /// <summary>The processor index the request was about, or -1.</summary>
    public int CpuIndex { get; init; } = -1;

    /// <summary>The id of the device that stands in the way, or null.</summary>
    public string? DeviceId { get; init; }
}
