using System;
using System.Collections.Generic;
using Limber.Control;
using Limber.Servers.Devices;
using Limber.Servers.Devices.Pci;
using Limber.Servers.Json;
using Limber.Servers.Qmp.Schema;

namespace Limber.Servers.Qmp;

/// <summary>QMP as QEMU 10.0 speaks it. Tools look at the version to decide what they may use.</summary>
internal sealed class QemuDialect : QmpDialect
{
    public override bool RequiresNegotiation => true;

    public override bool RepliesBeforeEvents => false;

    public override IReadOnlyList<string> Capabilities { get; } = ["oob"];

    public override JsonStyle Style => JsonStyle.Spaced;

    public override JsonObject Version { get; } = new()
    {
        { "qemu", new JsonObject { { "micro", 2 }, { "minor", 0 }, { "major", 10 } } },
        { "package", ProductVersion.Package },
    };

    public override IReadOnlyList<QmpEventShape> Events { get; } =
    [
        new("ACPI_DEVICE_OST", new QmpObjectType(new QmpMember("info", MachineTypes.OspmStatus))),
        new(DeviceEvents.IoError, BlockTypes.IoError),
        new("DEVICE_DELETED", MachineTypes.DeviceAndPath),
        new("DEVICE_UNPLUG_GUEST_ERROR", MachineTypes.DeviceAndPath),
        .. MemoryEvents.Shapes,
        new("POWERDOWN", QmpObjectType.Empty),
        new("RESET", MachineTypes.GuestAndReason),
        new("RESUME", QmpObjectType.Empty),
        new("SHUTDOWN", MachineTypes.GuestAndReason),
        new("STOP", QmpObjectType.Empty),
        new("VSERPORT_CHANGE", DeviceTypes.PortChange),
        new(DeviceEvents.Failed, DeviceTypes.Failure),
        new(OperationJson.EventName, MachineTypes.Operation),
    ];

    public override DeviceDialect Devices => QemuDeviceDialect.Instance;

    public override void Translate(VmEvent happened, PeripheralPaths paths, List<QmpEvent> events)
    {
        switch (happened)
        {
            case VmEvent.Stopped:
                events.Add(new("STOP"));
                break;
            case VmEvent.Resumed:
                events.Add(new("RESUME"));
                break;
            case VmEvent.Reset reset:
                events.Add(new("RESET", GuestAndReason(reset.ByGuest, reset.Reason)));
                break;
            case VmEvent.Shutdown shutdown:
                events.Add(new("SHUTDOWN", GuestAndReason(shutdown.ByGuest, shutdown.Reason)));
                break;
            case VmEvent.PowerButtonPressed:
                events.Add(new("POWERDOWN"));
                break;
            case VmEvent.DeviceDeleted deleted:
                // What is inside (a processor's local APIC, a virtio device's back half) is an object of its own and goes
                // first; libvirt waits for the second event.
                if (paths.InnerOf(deleted.Path) is { } inner)
                {
                    events.Add(new("DEVICE_DELETED", new JsonObject { { "path", inner } }));
                }

                events.Add(new("DEVICE_DELETED", DeviceAndPath(deleted.Id, deleted.Path)));
                break;
            case VmEvent.AcpiDeviceOst ost:
                JsonObject info = OspmStatus.Entry(ost.Id, ost.Class, ost.Slot, ost.Source, ost.Status);
                events.Add(new("ACPI_DEVICE_OST", new JsonObject { { "info", info } }));
                break;
            case VmEvent.DeviceFailed failure:
                events.Add(DeviceEvents.OfFailure(failure));
                break;
            case VmEvent.MemoryLost loss:
                events.Add(MemoryEvents.OfLoss());
                events.Add(DeviceEvents.OfLoss(loss));
                break;
            case VmEvent.PortChanged changed:
                events.Add(new("VSERPORT_CHANGE", new JsonObject { { "open", changed.Open }, { "id", changed.Id } }));
                break;
            case VmEvent.MemoryDeviceSizeChanged change:
                events.Add(MemoryEvents.Of(change));
                break;
            case VmEvent.BalloonChanged change:
                events.Add(MemoryEvents.Of(change));
                break;
            case VmEvent.DeviceUnplugGuestError refused:
                if (refused.Class == DeviceClass.Dimm)
                {
                    events.Add(MemoryEvents.OfRefusal(refused));
                }

                events.Add(new("DEVICE_UNPLUG_GUEST_ERROR", DeviceAndPath(refused.Id, refused.Path)));
                break;
        }
    }

    public override JsonObject Status(RunState state) => new()
    {
        { "status", RunStateName(state) },
        { "running", state == RunState.Running },
    };

    public override JsonObject EventMessage(QmpEvent @event, DateTimeOffset timestamp)
    {
        JsonObject message = new() { { "timestamp", Timestamp(timestamp) }, { "event", @event.Name } };
        if (@event.Data is not null)
        {
            message.Add("data", @event.Data);
        }

        return message;
    }

    public override JsonObject ErrorMessage(QmpException error, JsonValue? id)
    {
        JsonObject message = [];
        if (id is { } value)
        {
            message.Add("id", value);
        }

        message.Add("error", ErrorBody(error));
        return message;
    }

    internal static string RunStateName(RunState state) => state switch
    {
        RunState.Prelaunch => "prelaunch",
        RunState.Running => "running",
        RunState.Paused => "paused",
        RunState.Shutdown => "shutdown",
        _ => "internal-error",
    };

    private static JsonObject DeviceAndPath(string? id, string path)
    {
        JsonObject data = [];
        if (id is not null)
        {
            data.Add("device", id);
        }

        data.Add("path", path);
        return data;
    }
}
