using System.Text.Json;
using Limber.TestKit;

namespace Limber.LabTests;

/// <summary>QMP's share.</summary>
internal sealed class StormQmpClient(QmpClient qmp, int slots) : StormClient("QMP")
{
    public override bool Play(StormStep step, int random)
    {
        int index = 1 + (random % (slots - 1));
        return step switch
        {
            StormStep.Plug => Try("device_add", $$"""{"driver": "generic-x86-cpu", "id": "c{{index}}", "cpu-id": {{index}}}"""),
            StormStep.Unplug => Try("device_del", $$"""{"id": "c{{index}}"}"""),
            StormStep.Cancel => Try("x-limber-cancel-operation", $$"""{"id": {{NewestOperation() - (random % 3)}}}"""),
            StormStep.Pause => Try("stop", "{}"),
            StormStep.Continue => Try("cont", "{}"),
            _ => Try("system_reset", "{}"),
        };
    }

    private long NewestOperation()
    {
        JsonElement operations = qmp.Execute("x-limber-query-operations");
        int count = operations.GetArrayLength();
        return count == 0 ? 0 : operations[count - 1].GetProperty("id").GetInt64();
    }

    private bool Try(string command, string arguments) =>
        qmp.Send($$"""{"execute": "{{command}}", "arguments": {{arguments}}}""").TryGetProperty("return", out _);
}
