using System;
using System.Collections.Generic;
using Limber.Control;
using Limber.Servers.Devices;
using Limber.Servers.Devices.Pci;
using Limber.Servers.Json;
using Limber.Servers.Qmp.Schema;

namespace Limber.Servers.Qmp;

/// <summary>
/// QMP as StratoVirt 2.5 documents it: no negotiation, compact JSON, CPU_RESIZE. Where its transport loses or
/// refuses what a client may well send (pipelined commands, split commands, ids other than strings), this one serves it.
/// </summary>
internal sealed class StratoVirtDialect : QmpDialect
{
    private const string BalloonChanged = "BALLOON_CHANGED";

    public override bool RequiresNegotiation => false;

    public override bool RepliesBeforeEvents => true;

    public override IReadOnlyList<string> Capabilities { get; } = [];

    public override JsonStyle Style => JsonStyle.Compact;

    public override JsonObject Version { get; } = new()
    {
        { "qemu", new JsonObject { { "micro", 1 }, { "minor", 0 }, { "major", 5 } } },
        { "package", "StratoVirt-2.5.0" },
    };

    public override IReadOnlyList<QmpEventShape> Events { get; } =
    [
        new("SHUTDOWN", MachineTypes.GuestAndReason),
        new("RESET", new QmpObjectType(new QmpMember("guest", QmpType.Boolean))),
        new("STOP", QmpObjectType.Empty),
        new("RESUME", QmpObjectType.Empty),
        new("POWERDOWN", QmpObjectType.Empty),
        new("CPU_RESIZE", QmpObjectType.Empty),
        new("DEVICE_DELETED", MachineTypes.DeviceAndPath),
        new(BalloonChanged, DeviceTypes.Balloon),
        new(OperationJson.EventName, MachineTypes.Operation),
    ];

    public override DeviceDialect Devices { get; } = new StratoVirtDeviceDialect();

    public override void Translate(VmEvent happened, PeripheralPaths paths, List<QmpEvent> events)
    {
        switch (happened)
        {
            case VmEvent.Stopped:
                events.Add(new("STOP", []));
                break;
            case VmEvent.Resumed:
                events.Add(new("RESUME", []));
                break;
            case VmEvent.Reset reset:
                events.Add(new("RESET", new JsonObject { { "guest", reset.ByGuest } }));
                break;
            case VmEvent.Shutdown shutdown:
                events.Add(new("SHUTDOWN", GuestAndReason(shutdown.ByGuest, shutdown.Reason)));
                break;
            case VmEvent.PowerButtonPressed:
                events.Add(new("POWERDOWN", []));
                break;
            case VmEvent.CpuResizeNotified:
                events.Add(new("CPU_RESIZE", []));
                break;
            case VmEvent.BalloonChanged change:
                events.Add(new(BalloonChanged, new JsonObject { { "actual", JsonValue.FromUnsigned(change.Actual) } }) { RateKey = BalloonChanged });
                break;
            case VmEvent.DeviceDeleted deleted:
                JsonObject data = [];
                if (deleted.Id is not null)
                {
                    data.Add("device", deleted.Id);
                }

                data.Add("path", deleted.Path);
                events.Add(new("DEVICE_DELETED", data));
                break;
        }
    }

    public override JsonObject Status(RunState state) => new()
    {
        { "singlestep", false },
        { "running", state == RunState.Running },
        { "status", state == RunState.Prelaunch ? "paused" : QemuDialect.RunStateName(state) },
    };

    public override JsonObject EventMessage(QmpEvent @event, DateTimeOffset timestamp) => new()
    {
        { "event", @event.Name },
        { "data", @event.Data ?? [] },
        { "timestamp", Timestamp(timestamp) },
    };

    public override JsonObject ErrorMessage(QmpException error, JsonValue? id)
    {
        JsonObject message = new() { { "error", ErrorBody(error) } };
        if (id is { } value)
        {
            message.Add("id", value);
        }

        return message;
    }
}
