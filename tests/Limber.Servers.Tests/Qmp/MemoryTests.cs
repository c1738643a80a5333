using System.Linq;
using Limber.Config.Backends;
using Limber.Config.Devices;
using Limber.Control;
using Limber.Servers.Qmp;
using Limber.Servers.Tests.Support;

namespace Limber.Servers.Tests.Qmp;

/// <summary>Memory over QMP; the refusals are rows of the transcript of QEMU about memory.</summary>
public sealed class MemoryTests
{
    private const string Done = "{\"return\": {}}\r\n";

    private readonly FakeVirtualMachine machine = FakeMemoryManager.CreateMachine();

    private FakeMemoryManager Memory => (FakeMemoryManager)machine.Memory;

    [Fact]
    public void Module_IsPluggedAndRemoved_AsManagementToolsDoIt()
    {
        using MonitorServices services = new(machine);
        using QmpClient client = new(services);
        Assert.Equal(Done, client.Ask("{'execute':'object-add','arguments':{'qom-type':'memory-backend-ram','id':'m1','size':134217728,'reserve':true}}"));
        Assert.Equal(Done, client.Ask("{'execute':'device_add','arguments':{'driver':'pc-dimm','id':'d1','memdev':'m1','node':0,'slot':1}}"));
        Assert.Equal(
            "[{\"type\":\"virtio-mem\",\"data\":{\"memdev\":\"/objects/vm0\",\"memaddr\":4294967296,\"block-size\":2097152,\"size\":0,\"node\":0,\"max-size\":1073741824,\"requested-size\":0,\"id\":\"vmem0\"}},"
            + "{\"type\":\"dimm\",\"data\":{\"memdev\":\"/objects/m1\",\"hotplugged\":true,\"addr\":5368709120,\"hotpluggable\":true,\"size\":134217728,\"slot\":1,\"node\":0,\"id\":\"d1\"}}]",
            client.Return("{'execute':'query-memory-devices'}").ToString());
        Assert.Equal("{\"base-memory\":536870912,\"plugged-memory\":134217728}", client.Return("{'execute':'query-memory-size-summary'}").ToString());
        Assert.Equal("object 'm1' is in use, can not be deleted", client.Refusal("{'execute':'object-del','arguments':{'id':'m1'}}"));
        Assert.Equal(Done, client.Ask("{'execute':'device_del','arguments':{'id':'d1'}}"));
        Assert.Equal(["unplug d1"], Memory.Calls);
        Memory.GuestEject("d1");
        Assert.Equal(
            Event("ACPI_DEVICE_OST", "{\"info\": {\"device\": \"d1\", \"source\": 3, \"status\": 132, \"slot\": \"1\", \"slot-type\": \"DIMM\"}}")
            + Event("DEVICE_DELETED", "{\"device\": \"d1\", \"path\": \"/machine/peripheral/d1\"}")
            + Event("ACPI_DEVICE_OST", "{\"info\": {\"source\": 3, \"status\": 0, \"slot\": \"1\", \"slot-type\": \"DIMM\"}}"),
            client.Settle());
        Assert.Equal(Done, client.Ask("{'execute':'object-del','arguments':{'id':'m1'}}"));
        Assert.Equal(["vm0"], machine.Memory.GetBackends().Select(static backend => backend.Config.Name));
    }

    [Fact]
    public void Refusal_OfTheGuest_IsToldWithItsReason()
    {
        using MonitorServices services = new(machine);
        using QmpClient client = new(services);
        client.Ask("{'execute':'object-add','arguments':{'qom-type':'memory-backend-ram','id':'m1','size':134217728}}");
        client.Ask("{'execute':'device_add','arguments':{'driver':'pc-dimm','id':'d1','memdev':'m1'}}");
        Memory.GuestRefuse("d1", "device busy");
        Assert.Equal(
            Event("ACPI_DEVICE_OST", "{\"info\": {\"device\": \"d1\", \"source\": 3, \"status\": 130, \"slot\": \"0\", \"slot-type\": \"DIMM\"}}")
            + Event("MEM_UNPLUG_ERROR", "{\"device\": \"d1\", \"msg\": \"device busy\"}")
            + Event("DEVICE_UNPLUG_GUEST_ERROR", "{\"device\": \"d1\", \"path\": \"/machine/peripheral/d1\"}"),
            client.Settle());
        Assert.Equal(
            "{\"device\":\"d1\",\"source\":3,\"status\":130,\"slot\":\"0\",\"slot-type\":\"DIMM\"}",
            client.Return("{'execute':'query-acpi-ospm-status'}").AsArray()[0].ToString());
    }

    [Fact]
    public void OspmStatus_HasModulesBeforeProcessors()
    {
        using MonitorServices services = new(machine);
        using QmpClient client = new(services);
        Assert.Equal(
            ["DIMM 0", "DIMM 1", "DIMM 2", "CPU 0", "CPU 1", "CPU 2", "CPU 3", "CPU 4", "CPU 5"],
            client.Return("{'execute':'query-acpi-ospm-status'}").AsArray()
                .Select(static entry => $"{entry.Member("slot-type").AsString()} {entry.Member("slot").AsString()}"));
    }

    [Theory]
    [InlineData("object-add", "{'qom-type':'memory-backend-ram'}", "Parameter 'id' is missing")]
    [InlineData("object-add", "{'qom-type':'memory-backend-ram','id':'m1'}", "Parameter 'size' is missing")]
    [InlineData("object-add", "{'qom-type':'memory-backend-ram','id':'m1','size':'x'}", "Invalid parameter type for 'size', expected: integer")]
    [InlineData("object-add", "{'qom-type':'memory-backend-ram','id':'m1','size':0}", "property 'size' of memory-backend-ram doesn't take value '0'")]
    [InlineData("object-add", "{'qom-type':'memory-backend-ram','id':'vm0','size':134217728}", "attempt to add duplicate property 'vm0' to object (type 'container')")]
    [InlineData("object-add", "{'qom-type':'memory-backend-ram','id':'m2','size':134217728,'props':{'x':1}}", "Parameter 'props' is unexpected")]
    [InlineData("object-add", "{'qom-type':'memory-backend-ram','id':'m2','props':{'size':134217728}}", "Parameter 'size' is missing")]
    [InlineData("object-add", "{'qom-type':'memory-backend-ram','id':'m2','size':4096,'host-nodes':[0],'policy':'bind'}", "policy=bind: not built yet (supported: default)")]
    [InlineData("object-add", "{'qom-type':'memory-backend-memfd','id':'m2','size':4096,'hugetlb':true,'hugetlbsize':2097152}", "hugetlbsize=2097152 does not divide the 4096 bytes of memory")]
    [InlineData("object-add", "{'qom-type':'memory-backend-file','id':'m2','size':4096}", "Parameter 'mem-path' is missing")]
    [InlineData("object-del", "{'id':'nosuch'}", "object 'nosuch' not found")]
    [InlineData("object-del", "{'id':'vm0'}", "object 'vm0' is in use, can not be deleted")]
    [InlineData("device_add", "{'driver':'pc-dimm','id':'d1'}", "'memdev' property must be set")]
    [InlineData("device_add", "{'driver':'pc-dimm','id':'d1','memdev':'nosuch'}", "Device 'nosuch' not found")]
    [InlineData("device_add", "{'driver':'pc-dimm','id':'d1','memdev':'free','slot':9}", "invalid slot number 9, valid range is [0-2]")]
    [InlineData("device_add", "{'driver':'pc-dimm','id':'d1','memdev':'free','slot':0}", "slot 0 is busy")]
    [InlineData("device_add", "{'driver':'pc-dimm','id':'d1','memdev':'free','addr':5368709120}", "address range conflicts with memory device id='d0'")]
    [InlineData("device_add", "{'driver':'pc-dimm','id':'d1','memdev':'m0','slot':2}", "can't use already busy memdev: m0")]
    [InlineData("device_add", "{'driver':'pc-dimm','id':'d1','memdev':'big'}", "not enough space, currently 0x48000000 in use of total space for memory devices 0xe0000000")]
    [InlineData("device_add", "{'driver':'pc-dimm','id':'d0','memdev':'free'}", "Duplicate device ID 'd0'")]
    [InlineData("device_add", "{'driver':'pc-dimm','id':'rp1','memdev':'free'}", "Duplicate device ID 'rp1'")]
    [InlineData("device_add", "{'driver':'pc-dimm','id':'d1','memdev':'free','bus':'pci.0'}", "Bus 'pci.0' not found")]
    [InlineData("device_add", "{'driver':'pc-dimm','id':'d1','memdev':'free','foo':1}", "Property 'pc-dimm.foo' not found")]
    [InlineData("device_add", "{'driver':'virtio-rng-pci','id':'d0','bus':'rp1'}", "Duplicate device ID 'd0'")]
    [InlineData("device_add", "{'driver':'virtio-mem-pci','id':'v','bus':'rp1'}", "'memdev' property is not set")]
    [InlineData("device_add", "{'driver':'virtio-mem-pci','id':'v','bus':'rp1','memdev':'free','requested-size':3145728}", "'requested-size' property has to be multiples of 'block-size' (0x200000)")]
    [InlineData("device_add", "{'driver':'virtio-mem-pci','id':'v','bus':'rp1','memdev':'nosuch'}", "Device 'nosuch' not found")]
    [InlineData("device_del", "{'id':'d2'}", "Device 'd2' not found")]
    [InlineData("qom-set", "{'path':'vmem0','property':'requested-size','value':'256M'}", "Parameter 'requested-size' expects uint64")]
    [InlineData("qom-set", "{'path':'vmem0','property':'requested-size','value':null}", "Parameter 'requested-size' expects uint64")]
    [InlineData("qom-set", "{'path':'vmem0','property':'requested-size','value':268435457}", "'requested-size' has to be multiples of 'block-size' (0x200000)")]
    [InlineData("qom-set", "{'path':'vmem0','property':'requested-size','value':2147483648}", "'requested-size' cannot exceed the memory backend size(0x40000000)")]
    [InlineData("qom-set", "{'path':'vmem0','property':'requested-size','value':-1}", "'requested-size' has to be multiples of 'block-size' (0x200000)")]
    [InlineData("qom-set", "{'path':'vmem0','property':'size','value':0}", "Property 'virtio-mem.size' is not writable")]
    [InlineData("qom-set", "{'path':'vmem0','property':'nosuch','value':0}", "Property 'virtio-mem-pci.nosuch' not found")]
    [InlineData("qom-set", "{'path':'nosuch','property':'requested-size','value':0}", "Device 'nosuch' not found")]
    [InlineData("qom-set", "{'path':'d0','property':'slot','value':1}", "Attempt to set property 'slot' on device 'd0' (type 'pc-dimm') after it was realized")]
    [InlineData("qom-set", "{'path':'/machine/unattached/device[0]','property':'socket-id','value':1}", "Attempt to set property 'socket-id' on anonymous device (type 'qemu64-x86_64-cpu') after it was realized")]
    [InlineData("get-viomem", "{'id':'d0'}", "not found virtio-mem@d0 device")]
    [InlineData("set-viomem", "{'id':'vmem0','requested-size':'2G'}", "request size out of the device region size")]
    [InlineData("set-viomem", "{'id':'vmem0','requested-size':'3k'}", "requested_size not aligned with device block size")]
    [InlineData("set-viomem", "{'id':'vmem0','requested-size':'x'}", "Parameter 'requested-size' expects a number with an optional suffix k, M or G, not 'x'")]
    public void Wrong_IsRefused(string command, string arguments, string expected)
    {
        machine.Memory.AddBackend(new MemoryBackendConfig { Name = "m0", Size = 128 << 20 });
        machine.Memory.AddBackend(new MemoryBackendConfig { Name = "free", Size = 128 << 20 });
        machine.Memory.AddBackend(new MemoryBackendConfig { Name = "big", Size = 4UL << 30 });
        machine.Memory.PlugDimm(new Limber.Config.DimmConfig { Id = "d0", Backend = "m0" });
        using MonitorServices services = new(machine);
        using QmpClient client = new(services);
        Assert.Equal(expected, client.Refusal($"{{'execute':'{command}','arguments':{arguments}}}"));
        Assert.Empty(Memory.Calls);
        Assert.Equal(2, machine.Memory.GetMemoryDevices().Count);
    }

    [Fact]
    public void Module_OnAMachineWithoutSlots_IsRefused()
    {
        using MonitorServices services = new(FakeDeviceManager.CreateMachine());
        using QmpClient client = new(services);
        Assert.Equal(Done, client.Ask("{'execute':'object-add','arguments':{'qom-type':'memory-backend-ram','id':'m1','size':134217728}}"));
        Assert.Equal(
            "no slots where allocated, please specify the 'slots' option",
            client.Refusal("{'execute':'device_add','arguments':{'driver':'pc-dimm','id':'d1','memdev':'m1'}}"));
    }

    [Fact]
    public void Machine_HasTheLastWord()
    {
        using MonitorServices services = new(machine);
        using QmpClient client = new(services);
        Memory.NextRefusal = new VmException(VmErrorCode.HostFailure, "cannot set up guest memory 'm3': Cannot allocate memory");
        Assert.Equal(
            "cannot set up guest memory 'm3': Cannot allocate memory",
            client.Refusal("{'execute':'object-add','arguments':{'qom-type':'memory-backend-ram','id':'m3','size':8796093022208}}"));
        client.Ask("{'execute':'object-add','arguments':{'qom-type':'memory-backend-ram','id':'m3','size':1048576}}");
        Memory.NextRefusal = new VmException(VmErrorCode.InvalidDevice, "1048576 is not a multiple of 128 MiB");
        Assert.Equal(
            "1048576 is not a multiple of 128 MiB", client.Refusal("{'execute':'device_add','arguments':{'driver':'pc-dimm','id':'d1','memdev':'m3'}}"));
    }

    [Fact]
    public void VirtioMem_IsResized_ByQomSet()
    {
        using MonitorServices services = new(machine);
        using QmpClient client = new(services);
        Assert.Equal(Done, client.Ask("{'execute':'qom-set','arguments':{'path':'vmem0','property':'requested-size','value':268435456}}"));
        Assert.Equal(Done, client.Ask("{'execute':'qom-set','arguments':{'path':'/machine/peripheral/vmem0','property':'requested-size','value':0}}"));
        Assert.Equal(["request vmem0 268435456", "request vmem0 0"], Memory.Calls);
        Memory.GuestUse("vmem0", 134217728);
        Assert.Equal(
            Event("MEMORY_DEVICE_SIZE_CHANGE", "{\"id\": \"vmem0\", \"size\": 134217728, \"qom-path\": \"/machine/peripheral/vmem0\"}"), client.Settle());
        Assert.Equal("134217728", client.Return("{'execute':'qom-get','arguments':{'path':'vmem0','property':'size'}}").ToString());
        Assert.Equal("2097152", client.Return("{'execute':'qom-get','arguments':{'path':'vmem0','property':'block-size'}}").ToString());
        Assert.Equal("\"/objects/vm0\"", client.Return("{'execute':'qom-get','arguments':{'path':'vmem0','property':'memdev'}}").ToString());
    }

    [Fact]
    public void VirtioMem_IsPlugged_WithItsBackend()
    {
        using MonitorServices services = new(machine);
        using QmpClient client = new(services);
        client.Ask("{'execute':'object-add','arguments':{'qom-type':'memory-backend-memfd','id':'m1','size':134217728,'share':false}}");
        Assert.Equal(
            Done, client.Ask("{'execute':'device_add','arguments':{'driver':'virtio-mem-pci','id':'v1','memdev':'m1','bus':'rp2','requested-size':2097152}}"));
        Assert.Equal(
            new VirtioMemDeviceConfig { Id = "v1", Bus = "rp2", Backend = "m1", RequestedSize = 2097152 }, machine.Devices.FindDevice("v1")!.Config);
        Assert.Equal(
            new MemoryBackendConfig { Name = "m1", Size = 134217728, Kind = MemoryBackendKind.Memfd }, machine.Memory.GetBackends()[^1].Config);
    }

    [Fact]
    public void StratoVirt_ReadsAndSetsVirtioMem()
    {
        using MonitorServices services = new(machine);
        using QmpClient client = new(services, QmpDialect.StratoVirt);
        Assert.Equal("{\"return\":{}}\r\n", client.Ask("{\"execute\":\"set-viomem\",\"arguments\":{\"id\":\"vmem0\",\"requested-size\":\"1G\"}}"));
        Assert.Equal(["request vmem0 1073741824"], Memory.Calls);
        Assert.Equal(
            "{\"return\":{\"node\":0,\"size\":1073741824,\"block-size\":2097152,\"requested-size\":1073741824,\"plugged-size\":0}}\r\n",
            client.Ask("{\"execute\":\"get-viomem\",\"arguments\":{\"id\":\"vmem0\"}}"));
    }

    [Fact]
    public void Memdevs_HaveTheBootMemoryLast()
    {
        using MonitorServices services = new(machine);
        using QmpClient client = new(services);
        string entries = client.Return("{'execute':'query-memdev'}").ToString();
        Assert.Equal(
            "[{\"share\":false,\"reserve\":true,\"prealloc\":false,\"host-nodes\":[],\"size\":1073741824,\"merge\":true,\"dump\":true,\"policy\":\"default\",\"id\":\"vm0\"},"
            + "{\"share\":false,\"reserve\":true,\"prealloc\":false,\"host-nodes\":[],\"size\":536870912,\"merge\":true,\"dump\":true,\"policy\":\"default\",\"id\":\"pc.ram\"}]",
            entries);
    }

    [Fact]
    public void Balloon_CountsPluggedMemory()
    {
        using MonitorServices services = new(machine);
        using QmpClient client = new(services);
        Memory.GuestUse("vmem0", 512 << 20);
        client.Settle();
        Assert.Equal("{\"actual\":1073741824}", client.Return("{'execute':'query-balloon'}").ToString());
        Assert.Equal(Done, client.Ask("{'execute':'balloon','arguments':{'value':805306368}}"));
        Assert.Equal(268435456UL, ((FakeDeviceManager)machine.Devices).Balloon);
        machine.Raise(new VmEvent.BalloonChanged(805306368));
        Assert.Equal(Event("BALLOON_CHANGE", "{\"actual\": 805306368}"), client.Settle());
    }

    [Fact]
    public void Objects_AreInTheTree()
    {
        using MonitorServices services = new(machine);
        using QmpClient client = new(services);
        Assert.Equal("1073741824", client.Return("{'execute':'qom-get','arguments':{'path':'/objects/vm0','property':'size'}}").ToString());
        Assert.Equal(
            "[{\"name\":\"memdev\",\"type\":\"link<memory-backend>\"},{\"default-value\":0,\"name\":\"node\",\"type\":\"uint32\"},{\"default-value\":0,\"name\":\"addr\",\"type\":\"uint64\"},{\"default-value\":-1,\"name\":\"slot\",\"type\":\"int32\"},{\"name\":\"size\",\"type\":\"uint64\"}]",
            client.Return("{'execute':'device-list-properties','arguments':{'typename':'pc-dimm'}}").ToString());
        Assert.Contains("requested-size", client.Return("{'execute':'device-list-properties','arguments':{'typename':'virtio-mem-pci'}}").ToString());
    }

    private static string Event(string name, string data) =>
        $"{{\"timestamp\": {{\"seconds\": 0, \"microseconds\": 0}}, \"event\": \"{name}\", \"data\": {data}}}\r\n";
}
