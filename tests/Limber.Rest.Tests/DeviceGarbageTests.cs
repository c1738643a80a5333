using System.Threading.Tasks;
using Limber.Control;
using Limber.Rest.Tests.Support;

namespace Limber.Rest.Tests;

/// <summary>Bodies that can't be, sent to all routes for devices: a status that says whose mistake it is, a cause that names it, and nothing done.</summary>
public sealed class DeviceGarbageTests
{
    private readonly FakeDeviceManager devices = new();

    [Theory]
    [InlineData("vm.add-disk", """{"path":""}""", 400, "path is missing")]
    [InlineData("vm.add-disk", """{"path":5}""", 400, "$.path")]
    [InlineData("vm.add-disk", """{"path":"/x","id":"__x"}""", 400, "reserved")]
    [InlineData("vm.add-disk", """{"path":"/x","num_queues":99999999999999999999}""", 400, "$.num_queues")]
    [InlineData("vm.add-disk", """{"path":"/x","queue_size":3}""", 400, "queue_size 3 is not a power of two from 2 to 1024")]
    [InlineData("vm.add-disk", """{"path":"/x","image_type":"Bogus"}""", 400, "image_type Bogus is none of")]
    [InlineData("vm.add-disk", """{"path":"/x","image_type":"Vhdx"}""", 500, "image_type Vhdx is not built yet")]
    [InlineData("vm.add-disk", """{"path":"/x","rate_limiter_config":{"x":1}}""", 400, "$.rate_limiter_config")]
    [InlineData("vm.add-disk", """{"path":"/x","rate_limiter_config":{"ops":{"size":0,"refill_time":1}}}""", 400, "size and refill_time of ops must be above 0")]
    [InlineData("vm.add-disk", """{"path":"/x","pci_device_id":32}""", 400, "pci_device_id 32 is not from 1 to 31")]
    [InlineData("vm.add-net", """{"mac":"zz"}""", 400, "mac 'zz' is not the Ethernet address of one station")]
    [InlineData("vm.add-net", """{"mac":"01:00:00:00:00:00"}""", 400, "mac '01:00:00:00:00:00' is not")]
    [InlineData("vm.add-net", """{"host_mac":"1:2:3:4:5:6"}""", 400, "host_mac '1:2:3:4:5:6' is not")]
    [InlineData("vm.add-net", """{"ip":"x","mask":"255.0.0.0"}""", 400, "ip 'x' is not an IP address")]
    [InlineData("vm.add-net", """{"ip":"10.0.0.1","mask":"y"}""", 400, "mask 'y' is not an IP address")]
    [InlineData("vm.add-net", """{"fds":[3]}""", 400, "fds are given, and no descriptor came with the request (SCM_RIGHTS)")]
    [InlineData("vm.add-net", """{"fds":"x"}""", 400, "$.fds")]
    [InlineData("vm.add-net", """{"num_queues":3}""", 400, "must be even")]
    [InlineData("vm.add-pmem", """{"file":"/x","size":1}""", 400, "size 1 is not a multiple of 2097152 bytes")]
    [InlineData("vm.add-pmem", """{}""", 400, "file is missing")]
    [InlineData("vm.add-fs", """{"tag":"t"}""", 400, "socket is missing")]
    [InlineData("vm.add-vsock", """{"cid":2,"socket":"/x"}""", 400, "cid 2 is not from 3 to 4294967294")]
    [InlineData("vm.add-vsock", """{"cid":4294967296,"socket":"/x"}""", 400, "$.cid")]
    [InlineData("vm.add-device", """{}""", 400, "path is missing")]
    [InlineData("vm.add-vdpa", """{"path":"/x"}""", 500, "vDPA devices are not built yet")]
    [InlineData("vm.add-user-device", """{"socket":"/x"}""", 500, "vfio-user devices are not built yet")]
    [InlineData("vm.remove-device", """{"id":"nosuch"}""", 404, "Device 'nosuch' not found")]
    [InlineData("vm.remove-device", """{}""", 400, "id is missing")]
    [InlineData("vm.resize-disk", """{"id":"nosuch","desired_size":512}""", 404, "Device 'nosuch' not found")]
    [InlineData("vm.resize-disk", """{"desired_size":512}""", 400, "id or desired_size is missing")]
    [InlineData("vm.add-disk", "{", 400, "Failed to deserialize JSON")]
    [InlineData("vm.add-disk", "null", 400, "null is not an object")]
    [InlineData("vm.add-disk", "[]", 400, "Failed to deserialize JSON")]
    public async Task Body_ThatCannotBe_IsRefused_AndNothingIsDone(string route, string body, int status, string cause)
    {
        await using RestFixture rest = await RestFixture.StartAsync(new FakeVirtualMachine { Devices = devices, State = RunState.Running });

        Reply reply = await rest.PutAsync(route, body);

        Assert.Equal(status, reply.Status);
        Assert.Contains(cause, reply.Body);
        Assert.Empty(devices.GetDevices());
    }

    [Fact]
    public async Task DeviceTree_HasADeviceAndWhatCarriesIt()
    {
        await using RestFixture rest = await RestFixture.StartAsync(new FakeVirtualMachine { Devices = devices, State = RunState.Running });
        await rest.PutAsync("vm.add-disk", """{"path":"/x","id":"d"}""");

        Assert.Contains(
            """device_tree":{"_virtio-pci-d":{"id":"_virtio-pci-d","resources":[],"children":["d"],"pci_bdf":"0000:00:06.0"},"d":{"id":"d","resources":[],"children":[],"parent":"_virtio-pci-d"}}""",
            (await rest.GetAsync("vm.info")).Body);
    }
}
