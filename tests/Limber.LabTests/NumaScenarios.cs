using System.Globalization;
using System.Linq;

namespace Limber.LabTests;

/// <summary>Nodes of processors and memory, as the guest's kernel takes them.</summary>
internal static class NumaScenarios
{
    private const string Nodes = "/sys/devices/system/node";

    // Two sockets of two cores, a node each, of unequal size.
    private static readonly string[] Options =
    [
        "-object", "memory-backend-ram,id=near,size=192M", "-object", "memory-backend-memfd,id=far,size=320M",
        "-numa", "node,nodeid=0,memdev=near", "-numa", "node,nodeid=1,memdev=far",
        "-numa", "cpu,node-id=0,socket-id=0", "-numa", "cpu,node-id=1,socket-id=1",
        "-numa", "dist,src=0,dst=1,val=31",
    ];

    public static Scenario[] All => [new("numa-nodes", PlugIntoNode)];

    private static void PlugIntoNode(LabContext context)
    {
        // Three at boot: both cores of node 0, one of node 1.
        LabVm vm = context.StartGuest("3,maxcpus=4,sockets=2,cores=2,threads=1", extra: Options).Booted();
        Check.Equal("0-1", vm.Guest.Run($"cat {Nodes}/online"), "nodes");
        Check.Equal("10 31", vm.Guest.Run($"cat {Nodes}/node0/distance"), "distances from node 0");
        ExpectMemory(vm, node: 0, mebibytes: 192);
        ExpectMemory(vm, node: 1, mebibytes: 320);
        ExpectProcessors(vm, "0-1", "2");
        Check.Equal("0 0 1 1", string.Join(' ', vm.Slots().Select(slot => slot.GetProperty("props").GetProperty("node-id").GetInt32())), "slots' nodes");

        vm.Plug(3, "late");
        vm.OnlineAll();
        vm.ExpectCpus(4);
        ExpectProcessors(vm, "0-1", "2-3");
        vm.Unplug("late");
        ExpectProcessors(vm, "0-1", "2");
        vm.ExpectNoAcpiComplaint();
        vm.PowerOff();
    }

    private static void ExpectProcessors(LabVm vm, params string[] lists)
    {
        for (int node = 0; node < lists.Length; node++)
        {
            Check.Equal(lists[node], vm.Guest.Run($"cat {Nodes}/node{node}/cpulist"), $"processors of node {node}");
        }
    }

    // The kernel keeps some of a node's memory: its image, boot data and page structures are not counted.
    private static void ExpectMemory(LabVm vm, int node, int mebibytes)
    {
        string text = vm.Guest.Run($"sed -n 's/.*MemTotal: *//p' {Nodes}/node{node}/meminfo");
        int found = int.Parse(text.Split(' ')[0], CultureInfo.InvariantCulture) / 1024;
        Check.True(found <= mebibytes && found > mebibytes / 2, $"node {node} has {text}, expected not much below {mebibytes} MiB");
    }
}
