using System.Globalization;

namespace Limber.Machine;

/// <summary>Source events and status codes of <c>_OST</c> (ACPI 6.5, section 6.3.5, tables 6.14 to 6.17).</summary>
internal static class OstStatus
{
    public const uint EventDeviceCheck = 1;
    public const uint EventEjectRequest = 3;
    public const uint EventEjectProcessing = 0x103;
    public const uint EventInsertProcessing = 0x200;

    public const uint Success = 0;
    public const uint EjectInProgress = 0x84;
    public const uint InsertInProgress = 0x80;

    /// <summary>True for events that are about taking a device out.</summary>
    public static bool IsEjectEvent(uint sourceEvent) => sourceEvent is EventEjectRequest or EventEjectProcessing;

    /// <summary>True for events that are about a device that came.</summary>
    public static bool IsInsertEvent(uint sourceEvent) => sourceEvent is 0 or EventDeviceCheck or EventInsertProcessing;

    /// <summary>True while the guest is still at it.</summary>
    public static bool IsInProgress(uint sourceEvent, uint status) =>
        IsEjectEvent(sourceEvent) ? status == EjectInProgress : status == InsertInProgress;

    /// <summary>The meaning of a status code, in words.</summary>
    public static string Describe(uint sourceEvent, uint status) => status switch
    {
        Success => "success",
        1 => "non-specific failure",
        2 => "unrecognized notify code",
        0x80 when IsEjectEvent(sourceEvent) => "ejection not supported by the guest",
        0x81 when IsEjectEvent(sourceEvent) => "device in use by an application",
        0x82 when IsEjectEvent(sourceEvent) => "device busy",
        0x83 when IsEjectEvent(sourceEvent) => "ejection dependency busy or not supported by the guest",
        EjectInProgress when IsEjectEvent(sourceEvent) => "ejection in progress",
        0x80 => "device insertion in progress",
        0x81 => "device driver load failure",
        0x82 => "insertion not supported by the guest",
        _ => "status 0x" + status.ToString("x", CultureInfo.InvariantCulture),
    };
}
