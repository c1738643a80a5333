using System;
using System.Text.Json;
using Limber.TestKit;

namespace Limber.LabTests;

/// <summary>REST's share: it plugs and unplugs by number.</summary>
internal sealed class StormRestClient(RestClient rest, int slots) : StormClient("REST")
{
    private int vcpus = 1;

    public override bool Play(StormStep step, int random)
    {
        // Plugs go up from the last number, unplugs down, so that a step is what it is called.
        vcpus = step switch
        {
            StormStep.Plug => Math.Min(slots, vcpus + 1 + (random % 2)),
            StormStep.Unplug => Math.Max(1, vcpus - 1 - (random % 2)),
            _ => vcpus,
        };
        return step switch
        {
            StormStep.Plug or StormStep.Unplug => Try("vm.resize?deadline=15", $$"""{"desired_vcpus": {{vcpus}}}"""),
            StormStep.Cancel => Try($"vm.operations/{NewestOperation() - (random % 3)}/cancel"),
            StormStep.Pause => Try("vm.pause"),
            StormStep.Continue => Try("vm.resume"),
            _ => Try("vm.reboot"),
        };
    }

    private long NewestOperation()
    {
        using JsonDocument operations = JsonDocument.Parse(rest.Send("GET", "vm.operations").Body);
        int count = operations.RootElement.GetArrayLength();
        return count == 0 ? 0 : operations.RootElement[count - 1].GetProperty("id").GetInt64();
    }

    private bool Try(string route, string? body = null) =>
        rest.Send("PUT", route, body) is var (status, text) && status switch
        {
            204 => true,
            404 or 405 or 409 or 429 or 500 => false,
            _ => throw new ScenarioException($"{route} was answered by {status} {text}"),
        };
}
