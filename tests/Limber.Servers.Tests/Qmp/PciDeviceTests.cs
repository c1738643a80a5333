using System.Linq;
using Limber.Config.Backends;
using Limber.Config.Devices;
using Limber.Control;
using Limber.Servers.Devices.Pci;
using Limber.Servers.Qmp;
using Limber.Servers.Tests.Support;

namespace Limber.Servers.Tests.Qmp;

/// <summary>PCI devices and their backends over QMP in QEMU's dialect.</summary>
public sealed class PciDeviceTests : DeviceSession
{
    [Fact]
    public void DeviceAdd_Disk_AsManagementToolsDoIt()
    {
        Assert.Equal(Done, Client.Ask("{'execute':'blockdev-add','arguments':{'driver':'file','node-name':'f1','filename':'/f','auto-read-only':true,'discard':'unmap','aio':'io_uring'}}"));
        Assert.Equal(Done, Client.Ask("{'execute':'blockdev-add','arguments':{'driver':'qcow2','node-name':'q1','file':'f1','read-only':false,'discard':'unmap','cache':{'direct':true,'no-flush':false},'backing':null}}"));
        Assert.Equal("Node 'f1' is in use by node 'q1'", Client.Refusal("{'execute':'blockdev-add','arguments':{'driver':'raw','node-name':'q2','file':'f1'}}"));
        Assert.Equal("Node f1 is in use", Client.Refusal("{'execute':'blockdev-del','arguments':{'node-name':'f1'}}"));
        Assert.Equal(Done, Client.Ask("{'execute':'device_add','arguments':{'driver':'virtio-blk-pci','id':'b1','drive':'q1','bus':'rp2','addr':'0x0','serial':'x','num-queues':2,'bootindex':1,'write-cache':'on'}}"));
        Assert.Equal(
            new DiskDeviceConfig { Id = "b1", Bus = "rp2", Slot = 0, Backend = "q1", Serial = "x", Queues = 2 },
            Machine.Devices.FindDevice("b1")!.Config);
        Assert.Equal(
            new BlockImageConfig { Path = "/f", Format = BlockFormat.Qcow2, Direct = true, Discard = true, Engine = BlockIoEngine.IoUring },
            Machine.Devices.GetBackends().Select(static backend => backend.Config).OfType<BlockBackendConfig>().Single(static backend => backend.Name == "q1").Image);
        Assert.Equal("Node q1 is in use", Client.Refusal("{'execute':'blockdev-del','arguments':{'node-name':'q1'}}"));
        Assert.Equal(Done, Client.Ask("{'execute':'device_del','arguments':{'id':'b1'}}"));
        ((FakeDeviceManager)Machine.Devices).GuestEject("b1");
        Assert.Equal(
            "{\"timestamp\": {\"seconds\": 0, \"microseconds\": 0}, \"event\": \"DEVICE_DELETED\", \"data\": {\"path\": \"/machine/peripheral/b1/virtio-backend\"}}\r\n"
            + "{\"timestamp\": {\"seconds\": 0, \"microseconds\": 0}, \"event\": \"DEVICE_DELETED\", \"data\": {\"device\": \"b1\", \"path\": \"/machine/peripheral/b1\"}}\r\n",
            Client.Settle());
        Assert.Equal(Done, Client.Ask("{'execute':'blockdev-del','arguments':{'node-name':'q1'}}"));
        Assert.Equal(Done, Client.Ask("{'execute':'blockdev-del','arguments':{'node-name':'f1'}}"));
        Assert.Equal(["d0", "spare", "net0"], Machine.Devices.GetBackends().Select(static backend => backend.Config.Name));
    }

    [Fact]
    public void BlockdevAdd_OnTopThatFails_LeavesTheLowerNode()
    {
        Assert.Equal(Done, Client.Ask("{'execute':'blockdev-add','arguments':{'driver':'qcow2','node-name':'q','file':'spare'}}"));
        Assert.DoesNotContain(Machine.Devices.GetBackends(), static backend => backend.Config.Name == "spare");
        Assert.Equal("Node 'd0' is in use", Client.Refusal("{'execute':'blockdev-add','arguments':{'driver':'qcow2','node-name':'r','file':'d0'}}"));
        Assert.Equal(Done, Client.Ask("{'execute':'blockdev-add','arguments':{'driver':'file','node-name':'g','filename':'/g'}}"));
        ((FakeDeviceManager)Machine.Devices).NextRefusal = new VmException(VmErrorCode.HostFailure, "not qcow2");
        Assert.Equal("not qcow2", Client.Refusal("{'execute':'blockdev-add','arguments':{'driver':'qcow2','node-name':'h','file':'g'}}"));
        Assert.Contains(Machine.Devices.GetBackends(), static backend => backend.Config.Name == "g");
        Assert.Equal(Done, Client.Ask("{'execute':'blockdev-del','arguments':{'node-name':'g'}}"));
    }

    [Theory]
    [InlineData("blockdev-add", "{}", "Parameter 'driver' is missing")]
    [InlineData("blockdev-add", "{'driver':'nosuch','node-name':'d9'}", "Parameter 'driver' does not accept value 'nosuch'")]
    [InlineData("blockdev-add", "{'driver':'file','filename':'/nonexistent','node-name':'d9'}", "Could not open '/nonexistent': No such file or directory")]
    [InlineData("blockdev-add", "{'driver':'raw','node-name':'d9'}", "Parameter 'file' is missing")]
    [InlineData("blockdev-add", "{'driver':'raw','node-name':'d0','file':{'driver':'file','filename':'/x'}}", "Duplicate nodes with node-name='d0'")]
    [InlineData("blockdev-add", "{'driver':'file','filename':'/x'}", "'node-name' must be specified for the root node")]
    [InlineData("blockdev-add", "{'driver':'file','filename':'/x','node-name':'n','read-only':'on'}", "Invalid parameter type for 'read-only', expected: boolean")]
    [InlineData("blockdev-add", "{'driver':'raw','node-name':'n','file':{'driver':'file'}}", "Parameter 'file.filename' is missing")]
    [InlineData("blockdev-add", "{'driver':'raw','node-name':'n','file':5}", "Invalid parameter type for 'file', expected: BlockdevRef")]
    [InlineData("blockdev-add", "{'driver':'file','filename':'/x','node-name':'n','aio':'native'}", "aio=native was specified, but it requires cache.direct=on, which was not specified.")]
    [InlineData("blockdev-del", "{'node-name':'nosuch'}", "Failed to find node with node-name='nosuch'")]
    [InlineData("blockdev-del", "{'node-name':'d0'}", "Node d0 is in use")]
    [InlineData("netdev_add", "{}", "Parameter 'id' is missing")]
    [InlineData("netdev_add", "{'type':'nosuch','id':'x'}", "Parameter 'type' does not accept value 'nosuch'")]
    [InlineData("netdev_add", "{'type':'tap'}", "Parameter 'id' is missing")]
    [InlineData("netdev_add", "{'type':'tap','id':'net0'}", "Duplicate ID 'net0'")]
    [InlineData("netdev_add", "{'type':'vhost-user','id':'n','chardev':'nosuch'}", "Property 'vhost-user.chardev' can't find value 'nosuch'")]
    [InlineData("chardev-add", "{'id':'x','backend':{'type':'socket','data':{'addr':{'type':'unix','data':{'path':'/v'}},'reconnect':1}}}", "'reconnect' option is incompatible with socket in server listen mode")]
    [InlineData("chardev-add", "{'id':'x','backend':{'type':'socket','data':{'addr':{'type':'unix','data':{'path':'/v'}},'server':false,'reconnect-ms':-1}}}", "Parameter 'backend.data.reconnect-ms' expects a number from 0 to 4294967295")]
    [InlineData("netdev_del", "{'id':'nosuch'}", "Device 'nosuch' not found")]
    [InlineData("object-add", "{}", "Parameter 'qom-type' is missing")]
    [InlineData("object-add", "{'qom-type':'rng-random'}", "Parameter 'id' is missing")]
    [InlineData("object-add", "{'qom-type':'nosuch','id':'x'}", "Parameter 'qom-type' does not accept value 'nosuch'")]
    [InlineData("object-add", "{'qom-type':'memory-backend-file','id':'x','mem-path':'/x','size':0}", "property 'size' of memory-backend-file doesn't take value '0'")]
    [InlineData("object-del", "{'id':'nosuch'}", "object 'nosuch' not found")]
    [InlineData("block_resize", "{'device':'nosuch','size':512}", "Cannot find device='nosuch' nor node-name=''")]
    [InlineData("block_resize", "{'node-name':'d0','size':-1}", "Parameter 'size' expects a >0 size")]
    [InlineData("balloon", "{'value':0}", "Parameter 'target' expects a size")]
    [InlineData("device_add", "{'driver':'virtio-blk-pci','id':'b1','drive':'spare','bus':'nosuch'}", "Bus 'nosuch' not found")]
    [InlineData("device_add", "{'driver':'virtio-blk-pci','id':'b1','bus':'rp2'}", "drive property not set")]
    [InlineData("device_add", "{'driver':'virtio-blk-pci','id':'b1','drive':'nosuch','bus':'rp2'}", "Property 'virtio-blk-device.drive' can't find value 'nosuch'")]
    [InlineData("device_add", "{'driver':'virtio-blk-pci','id':'b1','drive':'spare','bus':'rp2','addr':'0x20'}", "Property 'virtio-blk-pci.addr' doesn't take value '0x20'")]
    [InlineData("device_add", "{'driver':'virtio-blk-device','id':'b1','drive':'spare'}", "No 'virtio-bus' bus found for device 'virtio-blk-device'")]
    [InlineData("device_add", "{'driver':'pcie-root-port','id':'rpx'}", "Bus 'pcie.0' does not support hotplugging")]
    [InlineData("device_add", "{'driver':'virtio-net-pci','id':'n1','netdev':'nosuch','bus':'rp2'}", "Property 'virtio-net-device.netdev' can't find value 'nosuch'")]
    [InlineData("device_add", "{'driver':'virtio-net-pci','id':'b0','bus':'rp2','foo':1}", "Duplicate device ID 'b0'")]
    [InlineData("device_add", "{'driver':'virtio-net-pci','id':'c1','bus':'rp2'}", "Duplicate device ID 'c1'")]
    [InlineData("device_add", "{'driver':'qemu64-x86_64-cpu','id':'b0','apic-id':3}", "Duplicate device ID 'b0'")]
    [InlineData("device_add", "{'driver':'virtio-blk-pci','id':'b2','drive':'d0','bus':'rp2'}", "Permission conflict on node 'd0': permissions 'write' are both required by block device '/machine/peripheral/b0/virtio-backend' (uses node 'd0' as 'root' child) and unshared by block device '/machine/peripheral/b2/virtio-backend' (uses node 'd0' as 'root' child).")]
    [InlineData("device_add", "{'driver':'virtio-rng-pci','bus':'rp1'}", "PCI: slot 0 function 0 not available for virtio-rng-pci, in use by b0")]
    [InlineData("device_add", "{'driver':'virtio-net-pci','mq':5}", "Invalid parameter type for 'mq', expected: boolean")]
    [InlineData("device_add", "{'driver':'virtio-blk-pci','drive':'spare','num-queues':'x'}", "Invalid parameter type for 'num-queues', expected: integer")]
    [InlineData("device_add", "{'driver':'virtserialport','id':'p'}", "No 'virtio-serial-bus' bus found for device 'virtserialport'")]
    [InlineData("device_add", "{'driver':'virtserialport','id':'p','bus':'vs.0'}", "Bus 'vs.0' not found")]
    [InlineData("device_add", "{'driver':'virtserialport','id':'b0'}", "Duplicate device ID 'b0'")]
    [InlineData("device_add", "{'driver':'virtserialport','id':'1'}", "Parameter 'id' expects an identifier")]
    [InlineData("device_add", "{'driver':'virtserialport','chardev':'nosuch'}", "Property 'virtserialport.chardev' can't find value 'nosuch'")]
    [InlineData("device_add", "{'driver':'virtserialport','nr':0}", "Port number 0 on virtio-serial devices reserved for virtconsole devices for backward compatibility.")]
    [InlineData("device_add", "{'driver':'virtserialport','bus':'vs'}", "Bus 'vs' not found")]
    [InlineData("device_add", "{'driver':'virtserialport','foo':'x'}", "Property 'virtserialport.foo' not found")]
    [InlineData("device_add", "{'driver':'virtio-rng-pci','rng':'nosuch'}", "Device 'nosuch' not found")]
    [InlineData("device_del", "{'id':'nosuch'}", "Device 'nosuch' not found")]
    public void Wrong_IsRefused(string command, string arguments, string expected)
    {
        FakeVirtualMachine machine = FakeDeviceManager.CreateMachine();
        FakeDeviceManager devices = (FakeDeviceManager)machine.Devices;
        devices.MissingFiles.Add("/nonexistent");
        machine.PlugCpus([new CpuPlugRequest(2, "c1")]);
        using MonitorServices services = new(machine);
        using QmpClient client = new(services);

        // An occupied slot is found by the machine when the client names none.
        string sent = arguments.Contains("'rp1'", System.StringComparison.Ordinal) ? arguments.Replace("'rp1'", "'rp1','addr':0", System.StringComparison.Ordinal) : arguments;
        Assert.Equal(expected, client.Refusal($"{{'execute':'{command}','arguments':{sent}}}"));
        Assert.Equal(["rp1", "rp2", "rp3", "b0"], devices.GetDevices().Select(static device => device.Id));
        Assert.Equal(["d0", "spare", "net0"], devices.GetBackends().Select(static backend => backend.Config.Name));
        Assert.Empty(devices.Calls);
    }

    [Theory]
    [InlineData("netdev_del", "{'id':'nosuch'}", "DeviceNotFound")]
    [InlineData("device_del", "{'id':'nosuch'}", "DeviceNotFound")]
    [InlineData("device_add", "{'driver':'virtio-rng-pci','rng':'nosuch'}", "DeviceNotFound")]
    [InlineData("blockdev-del", "{'node-name':'nosuch'}", "GenericError")]
    public void Refusals_HaveTheirClass(string command, string arguments, string expected)
    {
        using MonitorServices services = new(FakeDeviceManager.CreateMachine());
        using QmpClient client = new(services);
        Assert.Equal(
            expected,
            Answer.Parse(client.Ask($"{{'execute':'{command}','arguments':{arguments}}}")).Member("error").Member("class").AsString());
    }

    [Theory]
    [InlineData(VmErrorCode.NoFreeSlot, "PCI: no slot/function available for virtio-rng-pci, all in use or reserved")]
    [InlineData(VmErrorCode.HotplugNotSupported, "Bus 'rp2' does not support hotplugging")]
    [InlineData(VmErrorCode.HostFailure, "words")]
    [InlineData(VmErrorCode.BusNotFound, "Bus 'rp2' not found")]
    [InlineData(VmErrorCode.DuplicateId, "Duplicate device ID 'x'")]
    public void DeviceAdd_MachineRefuses_IsWorded(VmErrorCode code, string expected)
    {
        ((FakeDeviceManager)Machine.Devices).NextRefusal = new VmException(code, "words");
        Assert.Equal(expected, Client.Refusal("{'execute':'device_add','arguments':{'driver':'virtio-rng-pci','id':'x','bus':'rp2'}}"));
    }

    [Fact]
    public void DeviceAdd_WithoutPciBus_SaysSo()
    {
        using MonitorServices services = new(new FakeVirtualMachine());
        using QmpClient client = new(services);
        Assert.Equal("No 'PCI' bus found for device 'virtio-rng-pci'", client.Refusal("{'execute':'device_add','arguments':{'driver':'virtio-rng-pci'}}"));
    }

    [Fact]
    public void DeviceDel_ByIdAndByPath()
    {
        Assert.Equal(Done, Client.Ask("{'execute':'device_add','arguments':{'driver':'virtio-rng-pci','bus':'rp2'}}"));
        Assert.Equal(Done, Client.Ask("{'execute':'device_del','arguments':{'id':'/machine/peripheral/b0'}}"));
        Assert.Equal(Done, Client.Ask("{'execute':'device_del','arguments':{'id':'/machine/peripheral-anon/device[0]'}}"));
        Assert.Equal(["unplug b0", "unplug /machine/peripheral-anon/device[0]"], ((FakeDeviceManager)Machine.Devices).Calls);
        ((FakeDeviceManager)Machine.Devices).NextRefusal = new VmException(VmErrorCode.HotplugNotSupported, "no");
        Assert.Equal("Bus 'rp1' does not support hotplugging", Client.Refusal("{'execute':'device_del','arguments':{'id':'b0'}}"));
    }

    [Fact]
    public void ObjectsAndChardevs_AreNamedByDevices()
    {
        Assert.Equal(Done, Client.Ask("{'execute':'object-add','arguments':{'qom-type':'rng-random','id':'r1','filename':'/dev/hwrng'}}"));
        Assert.Equal("attempt to add duplicate property 'r1' to object (type 'container')", Client.Refusal("{'execute':'object-add','arguments':{'qom-type':'rng-builtin','id':'r1'}}"));
        Assert.Equal(Done, Client.Ask("{'execute':'device_add','arguments':{'driver':'virtio-rng-pci','id':'rng1','rng':'r1','bus':'rp2'}}"));
        Assert.Equal("/dev/hwrng", Assert.IsType<RngDeviceConfig>(Machine.Devices.FindDevice("rng1")!.Config).Source);
        const string Chardev = "{'execute':'chardev-add','arguments':{'id':'v','backend':{'type':'socket','data':{'addr':{'type':'unix','data':{'path':'/v'}},'server':false}}}}";
        Assert.Equal(Done, Client.Ask(Chardev));
        Assert.Equal("Chardev with id 'v' already exists", Client.Refusal(Chardev));
        Assert.Equal(Done, Client.Ask("{'execute':'netdev_add','arguments':{'type':'vhost-user','id':'n1','chardev':'v','queues':2}}"));
        Assert.Equal("chardev 'v' is already in use", Client.Refusal("{'execute':'netdev_add','arguments':{'type':'vhost-user','id':'n2','chardev':'v'}}"));
        Assert.Equal("Chardev 'v' is busy", Client.Refusal("{'execute':'chardev-remove','arguments':{'id':'v'}}"));
        Assert.Equal(Done, Client.Ask("{'execute':'device_add','arguments':{'driver':'virtio-net-pci','id':'c1','netdev':'n1','mq':true,'mac':'52:54:00:00:00:01','bus':'rp3'}}"));
        Assert.Equal(
            "Property 'virtio-net-device.netdev' can't take value 'n1', it's in use",
            Client.Refusal("{'execute':'device_add','arguments':{'driver':'virtio-net-pci','id':'c2','netdev':'n1'}}"));
        Assert.Equal(Done, Client.Ask("{'execute':'netdev_del','arguments':{'id':'n1'}}"));
        Assert.Equal(Done, Client.Ask("{'execute':'chardev-remove','arguments':{'id':'v'}}"));
        Assert.Equal(Done, Client.Ask("{'execute':'object-del','arguments':{'id':'r1'}}"));
    }

    [Fact]
    public void Queries_DescribeWhatIsThere()
    {
        string disks = Client.Return("{'execute':'query-block'}").ToString();
        Assert.StartsWith("[{\"device\":\"d0\",\"locked\":false,\"removable\":false,\"inserted\":{", disks);
        Assert.Contains("\"qdev\":\"/machine/peripheral/b0/virtio-backend\"", disks);
        Assert.Contains("\"image\":{\"virtual-size\":1048576,\"filename\":\"/d0\",\"format\":\"raw\"}", disks);
        Assert.Equal(2, Client.Return("{'execute':'query-named-block-nodes','arguments':{'flat':true}}").AsArray().Count);
        Client.Ask("{'execute':'blockdev-add','arguments':{'driver':'raw','node-name':'n','file':{'driver':'file','filename':'/n','node-name':'m'}}}");
        Assert.Equal(
            ["d0", "spare", "n", "m"],
            Client.Return("{'execute':'query-named-block-nodes'}").AsArray().Select(static node => node.Member("node-name").AsString()));
        string buses = Client.Return("{'execute':'query-pci'}").ToString();
        Assert.StartsWith("[{\"bus\":0,\"devices\":[{\"irq_pin\":0,\"bus\":0,\"qdev_id\":\"rp1\",\"slot\":1,\"class_info\":{\"desc\":\"PCI bridge\",\"class\":1540},\"id\":{\"device\":12,\"vendor\":6966},\"function\":0,\"regions\":[],\"pci_bridge\":{\"bus\":{\"secondary\":1,\"number\":0,\"subordinate\":1},\"devices\":[{\"irq_pin\":0,\"bus\":1,\"qdev_id\":\"b0\"", buses);
        Assert.Equal("virtio-blk-pci", Client.Return("{'execute':'qom-get','arguments':{'path':'b0','property':'type'}}").AsString());
        Assert.Contains(
            "{\"default-value\":false,\"name\":\"mq\",\"type\":\"bool\"}",
            Client.Return("{'execute':'device-list-properties','arguments':{'typename':'virtio-net-pci'}}").ToString());
        Assert.Contains(
            "{\"name\":\"vfio-pci\",\"parent\":\"pci-device\"}",
            Client.Return("{'execute':'qom-list-types','arguments':{'implements':'device'}}").ToString());
    }

    [Fact]
    public void Balloon_CountsWhatTheGuestKeeps()
    {
        FakeVirtualMachine machine = FakeDeviceManager.CreateMachine();
        FakeDeviceManager devices = (FakeDeviceManager)machine.Devices;
        using MonitorServices services = new(machine);
        using QmpClient client = new(services);
        Assert.Equal("{\"actual\":134217728}", client.Return("{'execute':'query-balloon'}").ToString());
        Assert.Equal(Done, client.Ask("{'execute':'balloon','arguments':{'value':67108864}}"));
        Assert.Equal(64ul << 20, devices.Balloon);
        Assert.Equal(Done, client.Ask("{'execute':'balloon','arguments':{'value':9223372036854775807}}"));
        Assert.Equal(0ul, devices.Balloon);
        devices.Balloon = null;
        foreach (string command in (string[])["{'execute':'query-balloon'}", "{'execute':'balloon','arguments':{'value':1}}"])
        {
            Assert.Equal("{\"error\": {\"class\": \"DeviceNotActive\", \"desc\": \"No balloon device has been activated\"}}\r\n", client.Ask(command));
        }
    }

    [Fact]
    public void Failures_AreEvents()
    {
        DeviceInfo disk = Machine.Devices.FindDevice("b0")!;
        Machine.Raise(new VmEvent.DeviceFailed(disk, "flush", "No space left on device", true));
        Assert.EndsWith(
            "\"event\": \"BLOCK_IO_ERROR\", \"data\": {\"qom-path\": \"/machine/peripheral/b0/virtio-backend\", \"device\": \"d0\", \"node-name\": \"d0\", \"operation\": \"write\", \"action\": \"report\", \"nospace\": true, \"reason\": \"No space left on device\"}}\r\n",
            Client.Settle());
        Machine.Raise(new VmEvent.DeviceFailed(disk with { Config = new NetDeviceConfig() }, "connection", "gone", false));
        Assert.EndsWith(
            "\"event\": \"X_LIMBER_DEVICE_FAILED\", \"data\": {\"device\": \"b0\", \"path\": \"/machine/peripheral/b0\", \"operation\": \"connection\", \"nospace\": false, \"reason\": \"gone\"}}\r\n",
            Client.Settle());
    }

    [Fact]
    public void Paths_OfDevicesLongGone_AreForgotten()
    {
        PeripheralPaths paths = new();
        DeviceInfo device = new(null, "", default, "pcie.0", new RngDeviceConfig(), false, true);
        for (int i = 0; i < 1000; i++)
        {
            string path = $"/machine/peripheral/r{i}";
            paths.Record(new VmEvent.DevicePlugged(device with { Path = path }));
            paths.Record(new VmEvent.DeviceDeleted(null, path));
            Assert.Equal(path + "/virtio-backend", paths.InnerOf(path));
        }

        // What nothing is known of is taken for a processor.
        Assert.Equal("/machine/peripheral/r0/lapic", paths.InnerOf("/machine/peripheral/r0"));
        Assert.Equal("/machine/peripheral/r900/virtio-backend", paths.InnerOf("/machine/peripheral/r900"));
    }

    [Fact]
    public void DeviceDeleted_NamesWhatWasInside()
    {
        Client.Ask("{'execute':'device_add','arguments':{'driver':'vfio-pci','host':'1:0.0','id':'x','bus':'rp2'}}");
        ((FakeDeviceManager)Machine.Devices).GuestEject("x");
        Assert.DoesNotContain("/x/", Client.Settle());
        Client.Ask("{'execute':'device_add','arguments':{'driver':'qemu64-x86_64-cpu','apic-id':3,'id':'x'}}");
        Machine.GuestEject(3);
        Assert.Contains("\"/machine/peripheral/x/lapic\"", Client.Settle());
        ((FakeDeviceManager)Machine.Devices).GuestEject("b0");
        Assert.Contains("\"/machine/peripheral/b0/virtio-backend\"", Client.Settle());
    }
}
