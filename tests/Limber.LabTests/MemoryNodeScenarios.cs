using System.Globalization;
using System.Linq;
using Limber.TestKit;
using static Limber.LabTests.MemoryLab;

namespace Limber.LabTests;

/// <summary>Memory that comes to a NUMA node, and what a reboot leaves of each way to change memory.</summary>
internal static class MemoryNodeScenarios
{
    private const string Nodes = "/sys/devices/system/node";
    private const long BlockMiB = 128;

    public static Scenario[] All => [new("memory-nodes", ComesToNodes)];

    private static void ComesToNodes(LabContext context)
    {
        LabVm vm = context.StartGuest(
            "2",
            append: "limber.mods=virtio_pci,virtio_mem,virtio_balloon",
            extra:
            [
                "-initrd", context.FullInitramfs, "-m", "slots=4,maxmem=4G",
                "-object", "memory-backend-ram,id=near,size=384M", "-object", "memory-backend-ram,id=far,size=128M",
                "-numa", "node,nodeid=0,memdev=near,cpus=0", "-numa", "node,nodeid=1,memdev=far,cpus=1",
                "-object", "memory-backend-ram,id=m0,size=1G", "-device", "virtio-mem-pci,id=vm0,memdev=m0,node=0,requested-size=0",
                "-device", "virtio-balloon-pci,id=balloon0",
            ]).Booted();
        OnlineNew(vm.Guest);
        long before = MemTotal(vm.Guest);
        (int near, int far) = (CountBlocks(vm.Guest, 0), CountBlocks(vm.Guest, 1));
        long farTotal = NodeTotal(vm.Guest, 1);

        Plug(vm, "dimm0", 256, """, "node": 1""");
        ExpectMore(vm.Guest, before, 256);
        Request(vm, 128);
        ExpectMore(vm.Guest, before, 256 + 128);
        ExpectNodes(vm, near, far, farTotal);
        vm.Qmp.Execute("balloon", $$"""{"value": {{(512 + 256 + 128 - 64) * MiB}}}""");
        WaitBalloon(vm);

        // The DIMM stays one, what virtio-mem and the balloon were asked for stays asked for.
        int position = vm.Guest.Output.Position;
        vm.Guest.Type("reboot -f");
        vm.Guest.WaitForPrompt(120, position);
        OnlineAll(vm.Guest);
        WaitSize(vm, 128);
        WaitBalloon(vm);
        ExpectMore(vm.Guest, before, 256 + 128 - 64);
        ExpectNodes(vm, near, far, farTotal);

        Unplug(vm, "dimm0");
        Request(vm, 0);

        // The driver gives a block's last part back before it takes the block itself away.
        Wait(() => (CountBlocks(vm.Guest, 0), CountBlocks(vm.Guest, 1)) == (near, far), $"{near} memory blocks of node 0 and {far} of node 1 in the end");
        vm.PowerOff();
    }

    private static void ExpectNodes(LabVm vm, int near, int far, long farTotal)
    {
        Check.Equal((near + 1, far + 2), (CountBlocks(vm.Guest, 0), CountBlocks(vm.Guest, 1)), $"memory blocks of both nodes, of {BlockMiB} MiB");
        Check.Equal(1, Devices(vm.Qmp, "dimm").Single().GetProperty("node").GetInt32(), "node of the DIMM in query-memory-devices");
        Check.Equal(0, Devices(vm.Qmp, "virtio-mem").Single().GetProperty("node").GetInt32(), "node of the virtio-mem device");

        // The balloon takes from any node.
        long more = NodeTotal(vm.Guest, 1) - farTotal;
        Check.True(more <= 256 + 4 && more >= 256 - 64 - 4, $"node 1 has {more} MiB more");
    }

    private static void WaitBalloon(LabVm vm) => Wait(
        () => vm.Qmp.Execute("query-balloon").GetProperty("actual").GetInt64() == (512 + 256 + 128 - 64) * MiB, "the balloon's 64 MiB");

    private static int CountBlocks(GuestConsole guest, int node) =>
        int.Parse(guest.Run($"ls -d {Nodes}/node{node}/memory[0-9]* | wc -l"), CultureInfo.InvariantCulture);

    private static long NodeTotal(GuestConsole guest, int node) =>
        long.Parse(guest.Run($"sed -n 's/.*MemTotal: *\\([0-9]*\\).*/\\1/p' {Nodes}/node{node}/meminfo"), CultureInfo.InvariantCulture) / 1024;
}
