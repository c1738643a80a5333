using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text.Json;
using System.Threading;
using Limber.TestKit;

namespace Limber.LabTests;

/// <summary>
/// Three clients change one machine at once while its guest changes its own processors; afterwards everybody must
/// have the same idea of the machine.
/// </summary>
internal static class StormScenario
{
    private const int Slots = 6;
    private const int Steps = 1000;
    private const int Reboots = 6;
    private const int LongestRest = 200;
    private const int DeadlineSeconds = 20;

    public static Scenario[] All => [new("storm", Play)];

    private static void Play(LabContext context)
    {
        int seed = Environment.TickCount & 0xFFFF;
        context.Figures.Add($"seed {seed}");
        string api = context["api"];
        string monitor = context["hmp"];
        LabVm vm = context.StartGuest(
            $"1,maxcpus={Slots}",
            append: "limber.hp=auto limber.churn",
            extra: ["-monitor", $"unix:{monitor},server=on,wait=off", "-x-limber", $"operation-deadline={DeadlineSeconds},api-socket={api}"]).Booted();
        using var hmp = new HmpClient(monitor);
        var rest = new RestClient(api);

        // A connection of its own: the storm's replies and the check's don't mix.
        StormClient[] clients =
        [
            new StormQmpClient(context.Connect(context["qmp0"]), Slots),
            new StormHmpClient(hmp, Slots),
            new StormRestClient(rest, Slots),
        ];
        Deadline clock = Deadline.In(1000);
        StormShares.Play(clients, Deal(new Random(seed)), PlayShare, context.Figures);
        context.Figures.Add(Invariant($"{Steps} steps in {clock.Elapsed.TotalSeconds:F1} s"));

        Calm(vm);
        CountOperations(vm, context.Figures);
        Compare(vm, hmp, rest);
        vm.PowerOff();
    }

    // The same seed deals the same steps to the same clients; how they interleave is the machine's affair.
    private static List<(StormStep Step, int Random)> Deal(Random random)
    {
        var steps = new List<(StormStep, int)>(Steps);
        for (int i = 0; i < Steps; i++)
        {
            StormStep step = random.Next(100) switch
            {
                < 40 => StormStep.Plug,
                < 72 => StormStep.Unplug,
                < 82 => StormStep.Cancel,
                < 86 => StormStep.Pause,
                _ => StormStep.Continue,
            };
            steps.Add((step, random.Next(1000)));
        }

        for (int i = 0; i < Reboots; i++)
        {
            steps[random.Next(Steps)] = (StormStep.Reboot, 0);
        }

        return steps;
    }

    private static string PlayShare(StormClient client, List<(StormStep Step, int Random)> share)
    {
        var done = new SortedDictionary<StormStep, (int Accepted, int Refused)>();
        foreach ((StormStep step, int random) in share)
        {
            bool accepted = client.Play(step, random);
            (int yes, int no) = done.GetValueOrDefault(step);
            done[step] = accepted ? (yes + 1, no) : (yes, no + 1);
            Thread.Sleep(random % LongestRest);
        }

        return $"{client.Name}: " + string.Join(", ", done.Select(d => $"{d.Key} {d.Value.Accepted}+{d.Value.Refused}"));
    }

    // The guest runs, its shell is there, and it leaves its processors alone.
    private static void Calm(LabVm vm)
    {
        vm.Qmp.Execute("cont");
        Deadline deadline = Deadline.In(90);
        while (true)
        {
            try
            {
                vm.Guest.Run("rm -f /run/churn", 10);
                break;
            }
            catch (ScenarioException) when (!deadline.HasPassed)
            {
                // It was still booting and has not seen the line.
            }
        }

        while (Open(vm) > 0)
        {
            Check.True(!deadline.HasPassed, $"{Open(vm)} operations are pending after their deadline");
            Thread.Sleep(200);
        }

        // The last change's uevents, which are printed among the answers; then what is left offline.
        vm.Guest.Run("while pidof churn >/dev/null; do usleep 50000; done; sleep 2; killall uevent; sleep 1", 30);
        vm.OnlineAll();
    }

    private static int Open(LabVm vm) =>
        vm.Qmp.Execute("x-limber-query-operations").EnumerateArray().Count(o => !o.GetProperty("final").GetBoolean());

    private static void CountOperations(LabVm vm, List<string> figures)
    {
        JsonElement[] operations = [.. vm.Qmp.Execute("x-limber-query-operations").EnumerateArray()];
        long total = operations.Length == 0 ? 0 : operations[^1].GetProperty("id").GetInt64();
        IEnumerable<string> states = operations.GroupBy(o => o.GetProperty("state").GetString()).Select(g => $"{g.Key} {g.Count()}");
        int late = operations.Count(o => o.TryGetProperty("aftermath", out _));
        figures.Add($"{total} operations; of the last {operations.Length}: {string.Join(", ", states)}; {late} with something later");
    }

    private static void Compare(LabVm vm, HmpClient hmp, RestClient rest)
    {
        int count = vm.Qmp.Execute("query-cpus-fast").GetArrayLength();
        vm.ExpectCpus(count);
        Check.Equal(count, vm.Slots().Count(s => s.TryGetProperty("qom-path", out _)), "occupied slots of query-hotpluggable-cpus");
        Check.Equal(count, hmp.Run("info cpus").Split("thread_id=").Length - 1, "info cpus of the human monitor");
        using JsonDocument info = JsonDocument.Parse(rest.Send("GET", "vm.info").Body);
        Check.Equal(count, info.RootElement.GetProperty("config").GetProperty("cpus").GetProperty("boot_vcpus").GetInt32(), "boot_vcpus of REST");
        string wanted = string.Join(
            ' ', vm.Qmp.Execute("query-cpus-fast").EnumerateArray().Select(c => c.GetProperty("cpu-index").GetInt32()).Order());
        Check.Equal(
            wanted,
            vm.Guest.Run("for d in /sys/bus/acpi/devices/ACPI0007:*; do read s <$d/status; [ $s = 0 ] || cat $d/uid; done | sort -n | xargs"),
            "processors that are present to the guest's ACPI, and those of query-cpus-fast");
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
