using System.Globalization;
using System.Text.Json;
using Limber.TestKit;
using static Limber.LabTests.MemoryLab;

namespace Limber.LabTests;

/// <summary>Cloud Hypervisor's memory zones: each on a node of its own, each with a size of its own, also after a reboot.</summary>
internal static class MemoryZoneScenarios
{
    private const int ZoneMiB = 256;

    public static Scenario[] All => [new("memory-zones", Play)];

    private static void Play(LabContext context)
    {
        string socket = context["api"];
        VmmProcess process = context.Start(
        [
            "cloud-hypervisor", "--kernel", context.Vmlinux, "--initramfs", context.FullInitramfs,
            "--cmdline", "console=ttyS0 quiet panic=-1 limber.noecho limber.mods=virtio_pci,virtio_mem", "--cpus", "boot=2",
            "--memory", "size=0,hotplug_method=virtio-mem",
            "--memory-zone", $"id=near,size={ZoneMiB}M,hotplug_size=1G", $"id=far,size={ZoneMiB}M,hotplug_size=1G",
            "--numa", "guest_numa_id=0,cpus=[0],memory_zones=[near]", "guest_numa_id=1,cpus=[1],memory_zones=[far]",
            "--serial", "tty", "--console", "off", "--api-socket", socket,
        ]);
        var guest = new GuestConsole(process.Output, process.Type);
        guest.WaitForPrompt(120);
        var rest = new RestClient(socket);
        OnlineNew(guest);
        (long near, long far) = (NodeTotal(guest, 0), NodeTotal(guest, 1));
        Check.Equal((204, ""), Resize(rest, "far", ZoneMiB + 384), "vm.resize-zone of far");
        Check.Equal((204, ""), Resize(rest, "near", ZoneMiB + 128), "vm.resize-zone of near");
        ExpectNodes(guest, near + 128, far + 384);
        Check.Equal(500, rest.Send("PUT", "vm.resize", $$"""{"desired_ram":{{1024 * MiB}}}""").Status, "status of vm.resize beside zones");
        Check.Equal("near 134217728 far 402653184", Describe(rest), "zones in vm.info");

        int position = guest.Output.Position;
        guest.Type("reboot -f");
        guest.WaitForPrompt(120, position);
        OnlineAll(guest);
        ExpectNodes(guest, near + 128, far + 384);
        Check.Equal((204, ""), Resize(rest, "far", ZoneMiB), "vm.resize-zone of far back");
        ExpectNodes(guest, near + 128, far);
        guest.Type("poweroff -f");
        Check.Equal(0, process.WaitForExit(60), "exit code");
    }

    private static (int Status, string Body) Resize(RestClient rest, string zone, int mebibytes) =>
        rest.Send("PUT", "vm.resize-zone?wait=60", $$"""{"id":"{{zone}}","desired_ram":{{mebibytes * MiB}}}""");

    private static string Describe(RestClient rest)
    {
        using JsonDocument info = JsonDocument.Parse(rest.Send("GET", "vm.info").Body);
        JsonElement zones = info.RootElement.GetProperty("config").GetProperty("memory").GetProperty("zones");
        string text = "";
        foreach (JsonElement zone in zones.EnumerateArray())
        {
            text += $" {zone.GetProperty("id").GetString()} {zone.GetProperty("hotplugged_size")}";
        }

        return text.Trim();
    }

    private static void ExpectNodes(GuestConsole guest, long near, long far) => Wait(
        () => System.Math.Abs(NodeTotal(guest, 0) - near) <= 4 && System.Math.Abs(NodeTotal(guest, 1) - far) <= 4, $"{near} MiB in node 0 and {far} MiB in node 1");

    private static long NodeTotal(GuestConsole guest, int node) => long.Parse(
        guest.Run($"sed -n 's/.*MemTotal: *\\([0-9]*\\).*/\\1/p' /sys/devices/system/node/node{node}/meminfo"), CultureInfo.InvariantCulture) / 1024;
}
