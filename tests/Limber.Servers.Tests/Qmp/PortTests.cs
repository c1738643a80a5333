using System.Linq;
using Limber.Config;
using Limber.Config.Devices;
using Limber.Control;
using Limber.Servers.Tests.Support;

namespace Limber.Servers.Tests.Qmp;

public sealed class PortTests : DeviceSession
{
    [Fact]
    public void Port_ComesAndGoes()
    {
        Assert.Equal(Done, Client.Ask("{'execute':'device_add','arguments':{'driver':'virtio-serial-pci','id':'vs'}}"));
        Assert.Equal(Done, Client.Ask("{'execute':'chardev-add','arguments':{'id':'c','backend':{'type':'file','data':{'out':'/f','append':true}}}}"));
        Assert.Equal(Done, Client.Ask("{'execute':'device_add','arguments':{'driver':'virtserialport','id':'p1','bus':'vs.0','chardev':'c','name':'n','nr':'3'}}"));
        ConsolePortConfig port = Assert.Single(((ConsoleDeviceConfig)Machine.Devices.FindDevice("vs")!.Config).Ports);
        Assert.Equal(new ConsolePortConfig { Id = "p1", Number = 3, Name = "n", Backend = new ChardevConfig.File("/f", true) }, port);
        Assert.Equal("Chardev 'c' is busy", Client.Refusal("{'execute':'chardev-remove','arguments':{'id':'c'}}"));
        Assert.Equal("Duplicate device ID 'p1'", Client.Refusal("{'execute':'device_add','arguments':{'driver':'virtio-rng-pci','id':'p1'}}"));
        Assert.Equal("Duplicate device ID 'p1'", Client.Refusal("{'execute':'device_add','arguments':{'driver':'qemu64-x86_64-cpu','id':'p1','apic-id':3}}"));
        Assert.Contains("p1", Services.Devices.RemovableIds);

        Assert.Equal(
            "{\"timestamp\": {\"seconds\": 0, \"microseconds\": 0}, \"event\": \"DEVICE_DELETED\", \"data\": {\"device\": \"p1\", \"path\": \"/machine/peripheral/p1\"}}\r\n" + Done,
            Client.Ask("{'execute':'device_del','arguments':{'id':'p1'}}"));
        Assert.Empty(((ConsoleDeviceConfig)Machine.Devices.FindDevice("vs")!.Config).Ports);
        Assert.Equal(Done, Client.Ask("{'execute':'chardev-remove','arguments':{'id':'c'}}"));
    }

    [Fact]
    public void TwoNullChardevs_AreTwo()
    {
        Client.Ask("{'execute':'device_add','arguments':{'driver':'virtio-serial-pci','id':'vs'}}");
        foreach (string id in (string[])["a", "b"])
        {
            Assert.Equal(Done, Client.Ask($"{{'execute':'chardev-add','arguments':{{'id':'{id}','backend':{{'type':'null','data':{{}}}}}}}}"));
        }

        Assert.Equal(Done, Client.Ask("{'execute':'device_add','arguments':{'driver':'virtconsole','chardev':'a'}}"));
        Assert.Equal("chardev 'a' is already in use", Client.Refusal("{'execute':'device_add','arguments':{'driver':'virtconsole','chardev':'a'}}"));
        Assert.Equal(Done, Client.Ask("{'execute':'device_add','arguments':{'driver':'virtconsole','chardev':'b'}}"));
    }

    [Fact]
    public void PortChanges_AreEvents()
    {
        Machine.Raise(new VmEvent.PortChanged("p1", true));
        Assert.Contains("\"event\": \"VSERPORT_CHANGE\", \"data\": {\"open\": true, \"id\": \"p1\"}}", Client.Settle());
    }

    [Fact]
    public void GuestAgent_IsAdded()
    {
        Assert.Equal(Done, Client.Ask("{'execute':'x-limber-add-guest-agent'}"));
        Assert.True(((ConsoleDeviceConfig)Machine.Devices.FindDevice("__guest_agent")!.Config).Ports.Single().IsGuestAgent);
    }

    [Theory]
    [InlineData("'online':true", true)]
    [InlineData("'online':'on'", true)]
    [InlineData("'online':false", false)]
    [InlineData("'online':'off'", false)]
    public void Online_AsksForTheAgent(string member, bool online)
    {
        FakeVirtualMachine machine = new();
        using MonitorServices services = new(machine);
        using QmpClient client = new(services);
        Assert.Equal(Done, client.Ask($"{{'execute':'device_add','arguments':{{'driver':'qemu64-x86_64-cpu','id':'c','apic-id':1,{member}}}}}"));
        Assert.Equal(online ? ["online", "plug 1"] : ["plug 1"], machine.Calls);
    }

    [Fact]
    public void Online_OfAnotherType_IsRefused()
    {
        FakeVirtualMachine machine = new();
        using MonitorServices services = new(machine);
        using QmpClient client = new(services);
        Assert.Equal(
            "Invalid parameter type for 'online', expected: boolean",
            client.Refusal("{'execute':'device_add','arguments':{'driver':'qemu64-x86_64-cpu','apic-id':1,'online':1}}"));
        Assert.Equal("Error: Parameter 'online' expects 'on' or 'off'\n", services.Hmp.Run("device_add qemu64-x86_64-cpu,apic-id=1,online=maybe"));
        Assert.Equal("", services.Hmp.Run("device_add qemu64-x86_64-cpu,apic-id=1,online=on"));
        Assert.Equal(["online", "plug 1"], machine.Calls);
    }

    [Fact]
    public void Resize_WithOnline_HasOneOperationMore()
    {
        FakeVirtualMachine machine = new();
        using MonitorServices services = new(machine);
        using QmpClient client = new(services);
        Assert.Equal(
            ["cpu-plug", "cpu-plug", "cpu-online"],
            client.Return("{'execute':'x-limber-resize','arguments':{'cpus':3,'online':true}}").AsArray().Select(static o => o.Member("kind").AsString()));
        client.Return("{'execute':'x-limber-resize','arguments':{'cpus':2,'online':true}}");
        Assert.Equal(["online", "plug 1 2", "unplug 2"], machine.Calls);
    }
}
