using System.Collections.Generic;
using System.Text;
using Limber.Control;
using Limber.Servers.Json;
using Limber.Servers.Qmp;

namespace Limber.Servers.Devices;

/// <summary>
/// <c>-device</c> for processors: those that are present when the guest starts besides the ones of <c>-smp</c>.
/// </summary>
public static class CpuColdPlug
{
    /// <summary>Plugs one processor. Call it before the machine runs, once for each <c>-device</c> in their order.</summary>
    /// <param name="machine">Created and not started.</param>
    /// <param name="deviceArgument">
    /// What follows <c>-device</c>: <c>driver[,key=value]...</c>, where two commas stand for one in a value, or a JSON object.
    /// </param>
    /// <exception cref="QmpException">
    /// Refused, nothing changed. The message is what follows <c>-device ARGUMENT: </c>; it may have a second line, which is
    /// printed without that prefix.
    /// </exception>
    public static void Plug(IVirtualMachine machine, string deviceArgument)
    {
        CpuDeviceCommands commands = new(machine);
        if (deviceArgument.StartsWith('{'))
        {
            commands.Add(ParseJson(deviceArgument), QemuDeviceDialect.Instance, ValueSyntax.StrictJson);
            return;
        }

        JsonObject members = DeviceOptions.Parse(deviceArgument, out bool help);
        if (help)
        {
            throw new QmpException("help describes devices and can't be plugged");
        }

        if (!DeviceOptions.HasValidId(members))
        {
            throw new QmpException(
                "Parameter 'id' expects an identifier\n"
                + "Identifiers consist of letters, digits, '-', '.', '_', starting with a letter.");
        }

        commands.Add(members, QemuDeviceDialect.Instance, ValueSyntax.Text);
    }

    private static JsonObject ParseJson(string text)
    {
        List<JsonValue> values = [];
        string? problem = null;
        JsonMessageParser parser = new(values.Add, words => problem ??= words);

        // A blank ends a word such as true, so that rubbish behind the object is noticed.
        parser.Feed(Encoding.UTF8.GetBytes(text + " "));
        if (problem is not null)
        {
            throw new QmpException(problem);
        }

        return values.Count switch
        {
            0 => throw new QmpException("JSON parse error, premature EOI"),
            1 when values[0].Kind == JsonKind.Object => values[0].AsObject(),
            _ => throw new QmpException("Expecting at most one JSON value"),
        };
    }
}
