using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text.Json;
using System.Threading;
using Limber.TestKit;
using static Limber.LabTests.MemoryLab;

namespace Limber.LabTests;

/// <summary>
/// Three clients let a guest's memory grow and shrink at once, by every way there is, while the guest writes files into memory and
/// reads them again. Afterwards nothing is lost, everybody has the same idea of the machine, and the host has back what it gave.
/// </summary>
internal static class MemoryStormScenario
{
    private const int LongestRest = 200;
    private const int DeadlineSeconds = 20;
    private const int BootMiB = 512;
    private const int MostVirtioMemMiB = 768;
    private const int MostBalloonMiB = 96;
    private const int SpareMiB = 24;
    private const double Tolerance = 0.05;

    // Each page is an exit, and the lab a slow host.
    private const double TouchSeconds = 240;

    // Files of random contents with their sums; each is checked before it is replaced by another, wherever its pages are by then.
    private static readonly string[] Load =
    [
        "mkdir /load; mount -t tmpfs -o size=256M none /load; dd if=/dev/urandom of=/load/base bs=1M count=1 2>/dev/null; : >/run/loading",
        "make() { { echo $2; head -c 8192 /dev/urandom; cat /load/base; } >/load/$1; md5sum /load/$1 >/run/sum-$1; }",
        "load() { n=0; lost=0; while [ -e /run/loading ]; do i=$((n%16)); [ $n -lt 16 ] || md5sum -cs /run/sum-$i || lost=$((lost+1)); make $i $n; n=$((n+1)); echo \"$n $lost\" >/run/load; done; : >/run/loaded; }",
        "{ load >/dev/null 2>&1 & }",
    ];

    public static Scenario[] All => [new("memory-storm", Play)];

    private static void Play(LabContext context)
    {
        int steps = context.Steps ?? throw new SkipException("a storm on memory is played on demand (--steps N): it takes a minute and more");
        int seed = context.Seed ?? Environment.TickCount & 0xFFFF;
        context.Figures.Add($"seed {seed}, {steps} steps");
        string api = context["api"];
        string monitor = context["hmp"];
        LabVm vm = Start(context, monitor, api).Booted();
        using var hmp = new HmpClient(monitor);
        var rest = new RestClient(api);
        OnlineNew(vm.Guest);
        long before = MemTotal(vm.Guest);
        Touch(vm.Guest);
        long resident = ResidentMiB(vm.Process);
        foreach (string line in Load)
        {
            vm.Guest.Run(line);
        }

        MemoryStormClient[] clients =
        [
            new MemoryStormClient.Dimms(context.Connect(context["qmp0"])),
            new MemoryStormClient.VirtioMem(context.Connect(context["qmp0"]), MostVirtioMemMiB),
            new MemoryStormClient.Sizes(rest, MostBalloonMiB),
        ];
        Deadline clock = Deadline.In(10_000);
        StormShares.Play(clients, Deal(new Random(seed), steps), PlayShare, context.Figures);
        context.Figures.Add(Invariant($"{steps} steps in {clock.Elapsed.TotalSeconds:F1} s"));

        // A guest whose memory is full goes on trying to empty a DIMM, and looks at no other until it has: first its load ends.
        context.Figures.Add("load: " + EndLoad(vm.Guest));
        Settle(vm);
        new MemoryAgreement(vm, hmp, rest, BootMiB).Check(before);
        context.Figures.Add($"then: {Describe(vm)}");
        CountOperations(vm, context.Figures);

        TakeAllBack(vm, rest);
        Settle(vm);
        new MemoryAgreement(vm, hmp, rest, BootMiB).Check(before);
        Touch(vm.Guest);
        long after = ResidentMiB(vm.Process);
        context.Figures.Add($"resident: {resident} MiB before, {after} MiB after");
        Check.True(Math.Abs(after - resident) <= resident * Tolerance, $"the host has given {after} MiB, and {resident} MiB at the start");
        vm.PowerOff();
    }

    private static LabVm Start(LabContext context, string monitor, string api) => context.StartGuest(
        "2",
        append: "limber.mods=virtio_pci,virtio_mem,virtio_balloon",
        extra:
        [
            "-initrd", context.FullInitramfs, "-m", "slots=8,maxmem=4G",
            "-object", "memory-backend-ram,id=m0,size=1G", "-device", "virtio-mem-pci,id=vm0,memdev=m0,requested-size=0",
            "-device", "virtio-balloon-pci,id=balloon0",
            "-monitor", $"unix:{monitor},server=on,wait=off", "-x-limber", $"operation-deadline={DeadlineSeconds},api-socket={api}",
        ]);

    // The same seed deals the same steps to the same clients; how they interleave, and what the guest agrees to, is the machine's affair.
    private static List<(bool Grow, int Random)> Deal(Random random, int steps) =>
        [.. Enumerable.Range(0, steps).Select(_ => (random.Next(100) < 50, random.Next(10_000)))];

    private static string PlayShare(MemoryStormClient client, List<(bool Grow, int Random)> share)
    {
        (int accepted, int refused) grown = (0, 0);
        (int accepted, int refused) shrunk = (0, 0);
        foreach ((bool grow, int random) in share)
        {
            bool accepted = client.Play(grow, random);
            ref (int Accepted, int Refused) count = ref grow ? ref grown : ref shrunk;
            count = accepted ? (count.Accepted + 1, count.Refused) : (count.Accepted, count.Refused + 1);
            Thread.Sleep(random % LongestRest);
        }

        return $"{client.Name}: up {grown.accepted}, refused {grown.refused}; down {shrunk.accepted}, refused {shrunk.refused}";
    }

    // What was asked for is done, refused or too late, and the guest has nothing left to do.
    private static void Settle(LabVm vm)
    {
        Deadline deadline = Deadline.In(120);
        while (Open(vm) > 0)
        {
            Check.True(!deadline.HasPassed, $"{Open(vm)} operations are pending, or without an answer of the guest, after their deadline");
            Thread.Sleep(100);
        }

        JsonElement device = Devices(vm.Qmp, "virtio-mem").Single();
        long wanted = device.GetProperty("requested-size").GetInt64();
        Wait(() => VirtioMemSize(vm.Qmp) == wanted, $"virtio-mem of {wanted / MiB} MiB");
    }

    // A guest that was busy with another DIMM answers after the deadline, and then changes what it has.
    private static int Open(LabVm vm) => vm.Qmp.Execute("x-limber-query-operations").EnumerateArray().Count(o =>
        !o.GetProperty("final").GetBoolean()
        || (o.GetProperty("state").GetString() == "timed-out"
            && o.GetProperty("kind").GetString() is "memory-plug" or "memory-unplug"
            && !o.TryGetProperty("aftermath", out _)));

    private static string Describe(LabVm vm) => Invariant(
        $"{Devices(vm.Qmp, "dimm").Count()} DIMMs of {Devices(vm.Qmp, "dimm").Sum(d => d.GetProperty("size").GetInt64()) / MiB} MiB, virtio-mem of {VirtioMemSize(vm.Qmp) / MiB} MiB");

    private static void CountOperations(LabVm vm, List<string> figures)
    {
        JsonElement[] operations = [.. vm.Qmp.Execute("x-limber-query-operations").EnumerateArray()];
        long total = operations.Length == 0 ? 0 : operations[^1].GetProperty("id").GetInt64();
        IEnumerable<string> states = operations.GroupBy(o => o.GetProperty("state").GetString()).Select(g => $"{g.Key} {g.Count()}");
        figures.Add($"{total} operations; of the last {operations.Length}: {string.Join(", ", states)}");
    }

    private static void TakeAllBack(LabVm vm, RestClient rest)
    {
        Check.Equal((204, ""), rest.Send("PUT", "vm.resize", """{"desired_balloon":0}"""), "vm.resize for an empty balloon");
        Wish(vm.Qmp, 0);
        Wait(
            () =>
            {
                // The guest may refuse a DIMM while something of it is being used, and give it the next time.
                foreach (JsonElement dimm in Devices(vm.Qmp, "dimm").ToArray())
                {
                    string id = dimm.TryGetProperty("id", out JsonElement name) ? name.GetString()! : "";
                    vm.Qmp.Send($$"""{"execute": "device_del", "arguments": { "id": "{{id}}" } }""");
                }

                Thread.Sleep(200);
                return !Devices(vm.Qmp, "dimm").Any();
            },
            "the guest's last DIMM");
        Wait(() => rest.Send("GET", "vm.info").Body.Contains($"\"memory_actual_size\":{BootMiB * MiB}", StringComparison.Ordinal), "an empty balloon");
    }

    private static string EndLoad(GuestConsole guest)
    {
        guest.Run("rm /run/loading; while [ ! -e /run/loaded ]; do usleep 50000; done; read n lost </run/load");
        string[] counts = guest.Run("cat /run/load").Split(' ');
        Check.Equal("0", counts[1], $"files that had changed, of {counts[0]}");
        Check.Equal("0", guest.Run("l=0; for i in 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do [ ! -e /run/sum-$i ] || md5sum -cs /run/sum-$i || l=$((l+1)); done; echo $l"), "files that are not as they were written");
        guest.Run("umount /load");
        return $"{counts[0]} files of 1 MiB written, and all read as written";
    }

    // The guest has had each of its pages once, so that what the host has given can be compared.
    private static void Touch(GuestConsole guest)
    {
        guest.Run("n=$(awk '/^MemFree/ { print int($2 / 1024) }' /proc/meminfo)");
        guest.Run($"mkdir -p /touch; mount -t tmpfs -o size=100% none /touch; dd if=/dev/zero of=/touch/all bs=1M count=$((n-{SpareMiB})) 2>/dev/null; umount /touch", TouchSeconds);
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
