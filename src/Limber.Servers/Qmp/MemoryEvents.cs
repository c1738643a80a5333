using System.Collections.Generic;
using Limber.Control;
using Limber.Servers.Json;
using Limber.Servers.Qmp.Schema;

namespace Limber.Servers.Qmp;

/// <summary>What QEMU's clients are told about memory.</summary>
internal static class MemoryEvents
{
    private const string UnplugError = "MEM_UNPLUG_ERROR";
    private const string SizeChange = "MEMORY_DEVICE_SIZE_CHANGE";
    private const string Failure = "MEMORY_FAILURE";
    private const string BalloonChange = "BALLOON_CHANGE";

    /// <summary>All of them.</summary>
    public static IReadOnlyList<QmpEventShape> Shapes { get; } =
    [
        new(BalloonChange, DeviceTypes.Balloon),
        new(UnplugError, MemoryTypes.UnplugError),
        new(SizeChange, MemoryTypes.SizeChange),
        new(Failure, MemoryTypes.Failure),
    ];

    public static QmpEvent Of(VmEvent.MemoryDeviceSizeChanged change)
    {
        JsonObject data = [];
        if (change.Id is { } id)
        {
            data.Add("id", id);
        }

        data.Add("size", JsonValue.FromUnsigned(change.Size));
        data.Add("qom-path", change.Path);
        return new(SizeChange, data) { RateKey = $"{SizeChange} {change.Path}" };
    }

    /// <summary>Memory of the guest is lost, and the guest was not told (<c>ignore</c>): there are zeros now. Which memory it is says the event after it.</summary>
    public static QmpEvent OfLoss() => new(
        Failure,
        new JsonObject
        {
            { "recipient", "guest" },
            { "action", "ignore" },
            { "flags", new JsonObject { { "action-required", false }, { "recursive", false } } },
        });

    public static QmpEvent Of(VmEvent.BalloonChanged change) =>
        new(BalloonChange, new JsonObject { { "actual", JsonValue.FromUnsigned(change.Actual) } }) { RateKey = BalloonChange };

    /// <summary>The refusal as releases before 9.1 told it; the one with the path follows it.</summary>
    public static QmpEvent OfRefusal(VmEvent.DeviceUnplugGuestError refused) => new(
        UnplugError,
        new JsonObject { { "device", refused.Id ?? string.Empty }, { "msg", refused.Reason ?? "the guest refused to give the memory back" } });
}
