using System;
using System.Collections.Generic;
using System.Linq;
using Limber.Control;
using Limber.Servers.Devices.Pci;
using Limber.Servers.Json;
using Limber.Servers.Qmp.Schema;

namespace Limber.Servers.Qmp;

/// <summary>What differs between the protocol's two families of clients. Instances are immutable.</summary>
public abstract class QmpDialect
{
    private protected QmpDialect() { }

    public static QmpDialect Qemu { get; } = new QemuDialect();

    public static QmpDialect StratoVirt { get; } = new StratoVirtDialect();

    /// <summary>Commands are refused until <c>qmp_capabilities</c> was sent.</summary>
    public abstract bool RequiresNegotiation { get; }

    /// <summary>What a command causes is told after its reply; otherwise before it.</summary>
    public abstract bool RepliesBeforeEvents { get; }

    /// <summary>What <c>qmp_capabilities</c> may enable.</summary>
    public abstract IReadOnlyList<string> Capabilities { get; }

    /// <summary>Blanks of unindented output.</summary>
    public abstract JsonStyle Style { get; }

    /// <summary>Version as <c>query-version</c> and the greeting report it.</summary>
    public abstract JsonObject Version { get; }

    /// <summary>All events a client of this dialect can get.</summary>
    public abstract IReadOnlyList<QmpEventShape> Events { get; }

    /// <summary>Names of <see cref="Events"/>.</summary>
    public IEnumerable<string> EventNames => Events.Select(static shape => shape.Name);

    /// <summary>The order of the checks, and the texts, of device_add and device_del.</summary>
    public abstract Devices.DeviceDialect Devices { get; }

    /// <summary>Adds what clients of this dialect are told of <paramref name="happened"/>: none, one or more events.</summary>
    /// <param name="happened">The event.</param>
    /// <param name="paths">What is inside the devices.</param>
    /// <param name="events">Where they are added.</param>
    public abstract void Translate(VmEvent happened, PeripheralPaths paths, List<QmpEvent> events);

    /// <summary>Result of <c>query-status</c>.</summary>
    public abstract JsonObject Status(RunState state);

    /// <summary>The whole event message.</summary>
    public abstract JsonObject EventMessage(QmpEvent @event, DateTimeOffset timestamp);

    /// <summary>The whole error message.</summary>
    public abstract JsonObject ErrorMessage(QmpException error, JsonValue? id);

    public JsonObject Greeting()
    {
        List<JsonValue> capabilities = [];
        foreach (string capability in Capabilities)
        {
            capabilities.Add(capability);
        }

        return new() { { "QMP", new JsonObject { { "version", Version }, { "capabilities", capabilities } } } };
    }

    public static JsonObject ReturnMessage(JsonValue result, JsonValue? id)
    {
        JsonObject message = new() { { "return", result } };
        if (id is { } value)
        {
            message.Add("id", value);
        }

        return message;
    }

    /// <summary>Seconds and microseconds since 1970.</summary>
    internal static JsonObject Timestamp(DateTimeOffset time)
    {
        long microseconds = (time.UtcTicks - DateTimeOffset.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond;
        return new() { { "seconds", microseconds / 1_000_000 }, { "microseconds", microseconds % 1_000_000 } };
    }

    /// <summary>The reason as the wire spells it.</summary>
    internal static string ReasonName(ShutdownReason reason) => reason switch
    {
        ShutdownReason.HostError => "host-error",
        ShutdownReason.HostQmpQuit => "host-qmp-quit",
        ShutdownReason.HostQmpSystemReset => "host-qmp-system-reset",
        ShutdownReason.HostSignal => "host-signal",
        ShutdownReason.HostUi => "host-ui",
        ShutdownReason.GuestShutdown => "guest-shutdown",
        ShutdownReason.GuestReset => "guest-reset",
        ShutdownReason.GuestPanic => "guest-panic",
        _ => "none",
    };

    private protected static JsonObject GuestAndReason(bool byGuest, ShutdownReason reason) =>
        new() { { "guest", byGuest }, { "reason", ReasonName(reason) } };

    private protected static JsonObject ErrorBody(QmpException error) =>
        new() { { "class", error.ErrorClass.ToString() }, { "desc", error.Message } };
}
