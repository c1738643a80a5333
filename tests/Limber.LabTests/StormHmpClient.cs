using System;
using System.Globalization;

namespace Limber.LabTests;

/// <summary>The human monitor's share.</summary>
internal sealed class StormHmpClient(HmpClient hmp, int slots) : StormClient("HMP")
{
    public override bool Play(StormStep step, int random)
    {
        int index = 1 + (random % (slots - 1));
        string answer = hmp.Run(step switch
        {
            StormStep.Plug => $"device_add host-x86_64-cpu,id=c{index},socket-id=0,core-id={index},thread-id=0",
            StormStep.Unplug => $"device_del c{index}",
            StormStep.Cancel => $"x-limber-cancel-operation {NewestOperation() - (random % 3)}",
            StormStep.Pause => "stop",
            StormStep.Continue => "cont",
            _ => "system_reset",
        });
        return !answer.Contains("Error", StringComparison.Ordinal);
    }

    private long NewestOperation()
    {
        string[] lines = hmp.Run("info operations").Split('\n', StringSplitOptions.RemoveEmptyEntries);
        string last = Array.FindLast(lines, line => line.StartsWith('#')) ?? "#1 ";
        return long.Parse(last.AsSpan(1, last.IndexOf(' ', StringComparison.Ordinal) - 1), CultureInfo.InvariantCulture);
    }
}
