using System;
using System.Text;
using Limber.Control;
using Limber.Servers.Json;

namespace Limber.Servers.Qmp;

/// <summary>Hotplug operations on the wire (an extension of this project).</summary>
internal static class OperationJson
{
    public const string EventName = "X_LIMBER_OPERATION";

    /// <summary>All that is known of an operation; members without a value are left out.</summary>
    public static JsonObject Describe(OperationSnapshot operation)
    {
        JsonObject result = new()
        {
            { "id", operation.Id },
            { "kind", Kebab(operation.Kind.ToString()) },
            { "state", Kebab(operation.State.ToString()) },
            { "final", operation.IsFinal },
            { "cpu-index", operation.CpuIndex },
            { "target", operation.Target },
            { "requested-at", QmpDialect.Timestamp(operation.RequestedAt) },
        };
        AddTime(result, "notified-at", operation.NotifiedAt);
        AddTime(result, "acknowledged-at", operation.AcknowledgedAt);
        AddTime(result, "ended-at", operation.EndedAt);
        AddTime(result, "deadline", operation.Deadline);
        if (operation.OstEvent is { } ostEvent)
        {
            result.Add("ost-event", ostEvent);
        }

        if (operation.OstStatus is { } ostStatus)
        {
            result.Add("ost-status", ostStatus);
        }

        if (operation.Detail is { } detail)
        {
            result.Add("detail", detail);
        }

        if (operation.Aftermath is { } aftermath)
        {
            result.Add("aftermath", aftermath);
        }

        AddTime(result, "aftermath-at", operation.AftermathAt);
        return result;
    }

    /// <summary><c>TimedOut</c> becomes <c>timed-out</c>.</summary>
    public static string Kebab(string name)
    {
        StringBuilder text = new(name.Length + 4);
        foreach (char c in name)
        {
            if (char.IsAsciiLetterUpper(c) && text.Length > 0)
            {
                text.Append('-');
            }

            text.Append(char.ToLowerInvariant(c));
        }

        return text.ToString();
    }

    private static void AddTime(JsonObject result, string name, DateTimeOffset? time)
    {
        if (time is { } value)
        {
            result.Add(name, QmpDialect.Timestamp(value));
        }
    }
}
