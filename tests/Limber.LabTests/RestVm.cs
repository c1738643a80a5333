using System.Text.Json;
using Limber.TestKit;

namespace Limber.LabTests;

/// <summary>A machine in Cloud Hypervisor's dialect, with a guest on its serial console.</summary>
internal sealed class RestVm(VmmProcess process, RestClient api)
{
    public VmmProcess Process { get; } = process;

    public RestClient Api { get; } = api;

    public GuestConsole Guest { get; } = new(process.Output, process.Type);

    /// <summary>Adds a device.</summary>
    /// <param name="kind">Of <c>vm.add-KIND</c>.</param>
    /// <param name="body">The request's body.</param>
    public (string Id, string Bdf) Add(string kind, string body)
    {
        (int status, string reply) = Api.Send("PUT", "vm.add-" + kind, body);
        Check.True(status == 200, $"vm.add-{kind} must be answered by 200, not {status}: {reply}");
        JsonElement device = JsonDocument.Parse(reply).RootElement;
        return (device.GetProperty("id").GetString()!, device.GetProperty("bdf").GetString()!);
    }

    /// <summary>Removes a device and waits until the guest has let go of it.</summary>
    public void Remove(string id) =>
        Check.Equal((204, ""), Api.Send("PUT", "vm.remove-device?wait=60", $$"""{"id":"{{id}}"}"""), "vm.remove-device of " + id);

    /// <summary>Powers the guest off; the process must end with 0.</summary>
    public void PowerOff(string command = "poweroff -f")
    {
        Guest.Type(command);
        Check.Equal(0, Process.WaitForExit(60), "exit code");
    }
}
