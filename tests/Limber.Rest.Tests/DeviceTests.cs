using System.Threading.Tasks;
using Limber.Config.Backends;
using Limber.Config.Devices;
using Limber.Control;
using Limber.Rest.Tests.Support;

namespace Limber.Rest.Tests;

public sealed class DeviceTests
{
    private readonly FakeDeviceManager devices = new();

    private Task<RestFixture> StartAsync(RunState state = RunState.Running) =>
        RestFixture.StartAsync(new FakeVirtualMachine { Devices = devices, State = state });

    [Fact]
    public async Task AddDisk_AnswersWithItsPlace_AndVmInfoListsIt()
    {
        await using RestFixture rest = await StartAsync();

        Reply reply = await rest.PutAsync("vm.add-disk", """{"path":"/foo/bar/cloud.img","readonly":true,"later":1}""");

        Assert.Equal((200, """{"id":"_disk0","bdf":"0000:00:06.0"}"""), (reply.Status, reply.Body));
        var disk = Assert.IsType<DiskDeviceConfig>(devices.GetDevices()[0].Config);
        Assert.Equal(("/foo/bar/cloud.img", true, BlockFormat.Probe), (disk.Image!.Path, disk.Image.ReadOnly, disk.Image.Format));
        Assert.Equal((1, 128), (disk.Queues, disk.QueueSize));
        string info = (await rest.GetAsync("vm.info")).Body;
        Assert.Contains("\"disks\":[{\"path\":\"/foo/bar/cloud.img\",\"readonly\":true,", info);
        Assert.Contains("\"id\":\"_disk0\"", info);
    }

    [Fact]
    public async Task AddNet_CountsBothDirections_AndTheCounterIsShared()
    {
        await using RestFixture rest = await StartAsync();
        await rest.PutAsync("vm.add-disk", """{"path":"/d"}""");

        Reply reply = await rest.PutAsync("vm.add-net", """{"tap":"chtap0","mac":"12:34:56:78:90:ab","num_queues":4}""");

        Assert.Equal("""{"id":"_net1","bdf":"0000:00:07.0"}""", reply.Body);
        var net = Assert.IsType<NetDeviceConfig>(devices.GetDevices()[1].Config);
        var tap = Assert.IsType<TapBackendConfig>(net.Connection);
        Assert.Equal(("chtap0", 2, 2, "12:34:56:78:90:ab"), (tap.Interface, tap.QueuePairs, net.QueuePairs, net.MacAddress));
    }

    [Theory]
    [InlineData("vm.add-fs", """{"tag":"myfs","socket":"/tmp/fs"}""", "vhost-user-fs-pci", "_fs0")]
    [InlineData("vm.add-pmem", """{"file":"/foo/bar.cloud.img","size":2097152}""", "virtio-pmem-pci", "_pmem0")]
    [InlineData("vm.add-vsock", """{"cid":3,"socket":"/tmp/vsock"}""", "virtio-vsock-pci", "_vsock0")]
    [InlineData("vm.add-device", """{"path":"/sys/bus/pci/devices/0000:01:00.0/"}""", "vfio-pci", "_vfio0")]
    public async Task OtherKinds_AreMadeFromTheirBodies(string route, string body, string driver, string id)
    {
        await using RestFixture rest = await StartAsync();

        Reply reply = await rest.PutAsync(route, body);

        Assert.Equal(200, reply.Status);
        Assert.Equal((driver, id), (devices.GetDevices()[0].Config.Driver, devices.GetDevices()[0].Id));
    }

    [Fact]
    public async Task Add_BeforeTheGuestStarts_IsSilent()
    {
        await using RestFixture rest = await StartAsync(RunState.Prelaunch);
        Reply reply = await rest.PutAsync("vm.add-disk", """{"path":"/d","id":"mine","pci_device_id":9}""");
        Assert.Equal((204, ""), (reply.Status, reply.Body));
        Assert.Equal(9, devices.FindDevice("mine")!.Location.Device);
    }

    [Theory]
    [InlineData("vm.add-disk", "{}", 400, "path is missing")]
    [InlineData("vm.add-disk", """{"path":"/d","queue_size":100}""", 400, "queue_size 100 is not a power of two from 2 to 1024")]
    [InlineData("vm.add-disk", """{"path":"/d","id":"__mine"}""", 400, "id '__mine' is empty or begins with __, which is reserved")]
    [InlineData("vm.add-disk", """{"path":"/d","iommu":true}""", 500, "iommu is not built yet")]
    [InlineData("vm.add-disk", """{"path":"/d","pci_device_id":32}""", 400, "pci_device_id 32 is not from 1 to 31")]
    [InlineData("vm.add-net", """{"num_queues":3}""", 400, "num_queues is 3; it counts receive and transmit queues and must be even")]
    [InlineData("vm.add-net", """{"ip":"192.168.4.1"}""", 400, "ip and mask need each other")]
    [InlineData("vm.add-net", """{"vhost_user":true}""", 400, "vhost_socket is missing")]
    [InlineData("vm.add-net", """{"vhost_user":true,"vhost_socket":"/s","vhost_mode":"x"}""", 400, "vhost_mode 'x' is not Client or Server")]
    [InlineData("vm.add-vsock", """{"cid":2,"socket":"/s"}""", 400, "cid 2 is not from 3 to 4294967294")]
    [InlineData("vm.add-pmem", """{"file":"/f","size":5}""", 400, "size 5 is not a multiple of 2097152 bytes")]
    public async Task BadValues_AreNamed_AndNothingIsAdded(string route, string body, int status, string cause)
    {
        await using RestFixture rest = await StartAsync();

        Reply reply = await rest.PutAsync(route, body);

        Assert.Equal((status, cause), (reply.Status, reply.Causes[^1]));
        Assert.Empty(devices.GetDevices());
    }

    [Fact]
    public async Task Add_WithATakenId_IsAConflict()
    {
        await using RestFixture rest = await StartAsync();
        await rest.PutAsync("vm.add-disk", """{"path":"/d","id":"a"}""");
        Assert.Equal(409, (await rest.PutAsync("vm.add-net", """{"id":"a"}""")).Status);
    }

    [Fact]
    public async Task Add_ThatTheMachineRefuses_SaysWhy()
    {
        await using RestFixture rest = await StartAsync();
        devices.NextRefusal = new VmException(VmErrorCode.HostFailure, "cannot open /d: No such file or directory");

        Reply reply = await rest.PutAsync("vm.add-disk", """{"path":"/d"}""");

        Assert.Equal(500, reply.Status);
        Assert.Equal(
            ["Error from API", "The disk could not be added to the VM", "Error from device manager", "cannot open /d: No such file or directory"],
            reply.Causes);
    }

    [Fact]
    public async Task Remove_AnswersAtOnce_AndOfUnknownIdsNotFound()
    {
        await using RestFixture rest = await StartAsync();
        await rest.PutAsync("vm.add-disk", """{"path":"/d"}""");

        Assert.Equal(204, (await rest.PutAsync("vm.remove-device", """{"id":"_disk0"}""")).Status);
        Assert.Equal(204, (await rest.PutAsync("vm.remove-device", """{"id":"_disk0"}""")).Status);
        Assert.Equal(404, (await rest.PutAsync("vm.remove-device", """{"id":"_disk1"}""")).Status);
        Assert.Equal(400, (await rest.PutAsync("vm.remove-device", "{}")).Status);

        Assert.Equal(["unplug _disk0", "unplug _disk0"], devices.Calls);
    }

    [Fact]
    public async Task Remove_WithWait_AnswersWhenTheGuestHasLetGo()
    {
        await using RestFixture rest = await StartAsync();
        await rest.PutAsync("vm.add-disk", """{"path":"/d"}""");

        Task<Reply> pending = rest.PutAsync("vm.remove-device?wait=60", """{"id":"_disk0"}""");
        while (devices.Operations.Count < 2)
        {
            await Task.Delay(1, TestContext.Current.CancellationToken);
        }

        Assert.False(pending.IsCompleted);
        devices.Operations[1].MoveTo(OperationState.Refused, "the device is in use");
        Reply reply = await pending;

        Assert.Equal(500, reply.Status);
        Assert.Equal("operation 2 (device-unplug of _disk0) has ended: refused (the device is in use)", reply.Causes[^1]);
    }

    [Fact]
    public async Task ResizeDisk_ChecksTheSize()
    {
        await using RestFixture rest = await StartAsync();
        await rest.PutAsync("vm.add-disk", """{"path":"/d"}""");

        Assert.Equal(204, (await rest.PutAsync("vm.resize-disk", """{"id":"_disk0","desired_size":1048576}""")).Status);
        Assert.Equal(500, (await rest.PutAsync("vm.resize-disk", """{"id":"_disk0","desired_size":1000}""")).Status);
        Assert.Equal(404, (await rest.PutAsync("vm.resize-disk", """{"id":"x","desired_size":512}""")).Status);

        Assert.Equal(["resize _disk0 1048576"], devices.Calls);
    }

    [Theory]
    [InlineData("vm.add-disk", """{"path":"/x"}""")]
    [InlineData("vm.add-net", """{"tap":"t"}""")]
    public async Task Counters_OfDevicesThatWouldCount_AreRefused(string add, string body)
    {
        await using RestFixture rest = await StartAsync();
        Assert.Equal(200, (await rest.PutAsync(add, body)).Status);
        Reply reply = await rest.GetAsync("vm.counters");
        Assert.Equal(500, reply.Status);
        Assert.Contains("counters of disks and network devices are not built yet", reply.Body, System.StringComparison.Ordinal);
    }
}
