using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading.Tasks;
using Limber.Config;
using Limber.Config.Devices;
using Limber.Control;
using Limber.Rest.Tests.Support;

namespace Limber.Rest.Tests;

/// <summary><c>vm.create</c> and <c>vm.delete</c> of a process that starts without a machine.</summary>
public sealed class CreationTests
{
    private const string Minimal = """{"payload":{"kernel":"/k"}}""";

    [Fact]
    public async Task WithoutAMachine_ItSaysSo()
    {
        await using RestFixture rest = await RestFixture.StartAsync(new Host());
        Assert.Equal(200, (await rest.GetAsync("vmm.ping")).Status);
        foreach ((string route, int status) in ((string, int)[])
            [("vm.boot", 404), ("vm.reboot", 404), ("vm.pause", 500), ("vm.resume", 500), ("vm.shutdown", 500), ("vm.power-button", 500)])
        {
            Reply reply = await rest.PutAsync(route);
            Assert.Equal((status, "VM is not created"), (reply.Status, reply.Causes[^1]));
        }

        Assert.Equal(404, (await rest.GetAsync("vm.info")).Status);
        Assert.Equal(404, (await rest.PutAsync("vm.resize", "{}")).Status);
        Assert.Equal(404, (await rest.PutAsync("vm.add-disk", """{"path":"/d"}""")).Status);
        Assert.Equal(404, (await rest.GetAsync("vm.operations")).Status);
        Assert.Equal(204, (await rest.PutAsync("vm.delete")).Status);
    }

    [Fact]
    public async Task Machine_ComesAndGoes()
    {
        Host host = new();
        await using RestFixture rest = await RestFixture.StartAsync(host);
        Assert.Equal(204, (await rest.PutAsync("vm.create", Minimal)).Status);
        Assert.Equal(500, (await rest.PutAsync("vm.create", Minimal)).Status);
        Assert.Equal(200, (await rest.GetAsync("vm.info")).Status);
        Assert.Equal(204, (await rest.PutAsync("vm.delete")).Status);
        Assert.Equal(404, (await rest.GetAsync("vm.info")).Status);
        Assert.Equal(204, (await rest.PutAsync("vm.create", Minimal)).Status);
        Assert.Equal(200, (await rest.PutAsync("vmm.shutdown")).Status);

        // The process ends behind the reply.
        await host.HasQuit.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        Assert.Equal(["create", "create", "delete", "create", "quit"], host.Calls);
    }

    [Fact]
    public async Task Body_BecomesTheConfiguration()
    {
        Host host = new();
        await using RestFixture rest = await RestFixture.StartAsync(host);
        Reply reply = await rest.PutAsync("vm.create", """
            {"cpus":{"boot_vcpus":2,"max_vcpus":8,"topology":{"threads_per_core":2,"cores_per_die":2,"dies_per_package":1,"packages":2},"kvm_hyperv":false,"max_phys_bits":46},
             "memory":{"size":1073741824,"shared":true,"mergeable":false,"hotplug_method":"Acpi","thp":true},
             "payload":{"kernel":"/k","cmdline":"console=hvc0","initramfs":"/i"},
             "disks":[{"path":"/a"},{"path":"/b","id":"root"}],"net":[{"tap":"t0"}],"rng":{"src":"/dev/random"},
             "balloon":{"size":1048576,"deflate_on_oom":true},"vsock":{"cid":3,"socket":"/v"},
             "serial":{"mode":"File","file":"/s"},"console":{"mode":"Null"},"iommu":false,"watchdog":false,"user_devices":[],"platform":null}
            """);
        Assert.True(reply.Status == 204, reply.Body);
        VmConfig config = host.Config!;
        Assert.Equal((2, 8, 2), (config.Cpus.Boot, config.Cpus.Max, config.Cpus.Topology.Sockets));
        Assert.Equal(new MemoryConfig(1 << 30, Shared: true), config.Memory);
        Assert.Equal(new PayloadConfig("/k", "/i", "console=hvc0"), config.Payload);
        Assert.Equal([new ChardevConfig.File("/s")], config.Serials);
        Assert.Equal(
            ["__console", "_disk0", "root", "_net1", "__rng", "_vsock2", "__balloon"],
            config.PciDevices.Select(static device => device.Id));
        Assert.Equal(new ChardevConfig.Null(), Assert.IsType<ConsoleDeviceConfig>(config.PciDevices[0]).Ports[0].Backend);
        Assert.Equal("/dev/random", config.PciDevices.OfType<RngDeviceConfig>().Single().Source);
    }

    [Fact]
    public async Task Defaults_AreTheCommandLines()
    {
        Host host = new();
        await using RestFixture rest = await RestFixture.StartAsync(host);
        Assert.Equal(204, (await rest.PutAsync("vm.create", Minimal)).Status);
        Assert.Equal((1, 1), (host.Config!.Cpus.Boot, host.Config.Cpus.Max));
        Assert.Equal(new MemoryConfig(512 << 20), host.Config.Memory);
        Assert.Equal([new ChardevConfig.Null()], host.Config.Serials);
        Assert.Equal(["__console", "__rng"], host.Config.PciDevices.Select(static device => device.Id));
    }

    [Fact]
    public async Task MemoryThatGrows_BecomesSlotsOrADevice()
    {
        Host host = new();
        await using RestFixture rest = await RestFixture.StartAsync(host);
        const string Sizes = "\"size\":536870912,\"hotplug_size\":1073741824";
        Assert.Equal(204, (await rest.PutAsync("vm.create", $$"""{"payload":{"kernel":"/k"},"memory":{ {{Sizes}} } }""")).Status);
        Assert.Equal(new MemoryConfig(512 << 20) { MaximumSize = 3UL << 29, Slots = 8 }, host.Config!.Memory);
        Assert.Equal(204, (await rest.PutAsync("vm.delete")).Status);
        Assert.Equal(204, (await rest.PutAsync("vm.create", $$"""{"payload":{"kernel":"/k"},"memory":{ {{Sizes}},"hotplug_method":"VirtioMem","hotplugged_size":2097152} }""")).Status);
        VirtioMemDeviceConfig device = host.Config.PciDevices.OfType<VirtioMemDeviceConfig>().Single();
        Assert.Equal(("mem0", 1UL << 30, 2097152UL), (device.Id, device.Memory!.Size, device.RequestedSize));
    }

    [Fact]
    public async Task MemoryZones_AndHugePages_AreTheCommandLines()
    {
        Host host = new();
        await using RestFixture rest = await RestFixture.StartAsync(host);
        Reply reply = await rest.PutAsync(
            "vm.create",
            """
            {"payload":{"kernel":"/k"},"memory":{"size":0,"hotplug_method":"VirtioMem","zones":[
             {"id":"a","size":268435456,"hotplug_size":1073741824},{"id":"b","size":134217728,"shared":true}]}}
            """);
        Assert.True(reply.Status == 204, reply.Body);
        MemoryConfig memory = host.Config!.Memory;
        Assert.Equal((402653184UL, 402653184UL + (1UL << 30), true), (memory.Size, memory.MaximumSize, memory.Shared));
        Assert.Equal(["a", "b"], memory.Zones.Select(static zone => zone.Id));
        Assert.Equal("a", host.Config.PciDevices.OfType<VirtioMemDeviceConfig>().Single().Id);
        Assert.Equal(204, (await rest.PutAsync("vm.delete")).Status);
        Assert.Equal(204, (await rest.PutAsync("vm.create", """{"payload":{"kernel":"/k"},"memory":{"size":4194304,"hugepages":true,"hugepage_size":2097152,"prefault":true}}""")).Status);
        Assert.Equal(new MemoryConfig(4194304) { HugePages = true, HugePageSize = 2097152, Preallocate = true }, host.Config.Memory);
    }

    [Theory]
    [InlineData("{}", 400, "payload.kernel is missing")]
    [InlineData("""{"payload":{"firmware":"/f"}}""", 500, "payload.firmware is not built yet")]
    [InlineData("""{"payload":{"kernel":"/k"},"cpus":{"boot_vcpus":0}}""", 400, "boot_vcpus 0 and max_vcpus 0 must be from 1 to 4096")]
    [InlineData("""{"payload":{"kernel":"/k"},"cpus":{"boot_vcpus":1,"affinity":[{"vcpu":0,"host_cpus":[1]}]}}""", 500, "cpus.affinity is not built yet")]
    [InlineData("""{"payload":{"kernel":"/k"},"memory":{"size":5}}""", 400, "memory.size must be a multiple of 4096 bytes")]
    [InlineData("""{"payload":{"kernel":"/k"},"memory":{"size":4096,"hotplug_method":"Magic"}}""", 400, "memory.hotplug_method Magic is not Acpi or VirtioMem")]
    [InlineData("""{"payload":{"kernel":"/k"},"memory":{"size":4096,"hotplugged_size":4096}}""", 400, "memory.hotplugged_size needs hotplug_method=virtio-mem and hotplug_size")]
    [InlineData("""{"payload":{"kernel":"/k"},"memory":{"size":0}}""", 400, "memory.size 0 means memory zones, and there are none")]
    [InlineData("""{"payload":{"kernel":"/k"},"memory":{"size":4096,"zones":[{"id":"a"}]}}""", 400, "memory.zones need memory.size 0")]
    [InlineData("""{"payload":{"kernel":"/k"},"memory":{"size":0,"zones":[null]}}""", 400, "the id of a memory zone is missing")]
    [InlineData("""{"payload":{"kernel":"/k"},"memory":{"size":0,"zones":[{"id":"a","file":"/f"}]}}""", 500, "memory.zones.file is not built yet")]
    [InlineData("""{"payload":{"kernel":"/k"},"memory":{"size":4096,"hugepages":true,"hugepage_size":2097152}}""", 400, "memory.hugepage_size 2097152 does not divide the 4096 bytes of memory")]
    [InlineData("""{"payload":{"kernel":"/k"},"memory":{"size":4096,"reserve":true}}""", 500, "memory.reserve is not built yet")]
    [InlineData("""{"payload":{"kernel":"/k"},"tpm":{"socket":"/t"}}""", 500, "tpm is not built yet")]
    [InlineData("""{"payload":{"kernel":"/k"},"watchdog":true}""", 500, "watchdog is not built yet")]
    [InlineData("""{"payload":{"kernel":"/k"},"serial":{"mode":"Tty"}}""", 400, "serial and console can't both have the terminal (mode Tty)")]
    [InlineData("""{"payload":{"kernel":"/k"},"serial":{"mode":"File"}}""", 400, "serial.file is missing")]
    [InlineData("""{"payload":{"kernel":"/k"},"console":{"mode":"loud"}}""", 400, "console.mode 'loud' is not one of Off, Null, Tty, Pty, File, Socket")]
    [InlineData("""{"payload":{"kernel":"/k"},"disks":[{}]}""", 400, "path is missing")]
    [InlineData("""{"payload":{"kernel":"/k"},"disks":[{"path":"/a","id":"x"},{"path":"/b","id":"x"}]}""", 409, "Identifier 'x' is not unique")]
    [InlineData("""{"payload":{"kernel":"/k"},"disks":[null]}""", 400, null)]
    [InlineData("""{"payload":5}""", 400, null)]
    public async Task WrongBody_IsRefused(string body, int status, string? cause)
    {
        Host host = new();
        await using RestFixture rest = await RestFixture.StartAsync(host);
        Reply reply = await rest.PutAsync("vm.create", body);
        Assert.Equal(status, reply.Status);
        Assert.Equal(cause ?? reply.Causes[^1], reply.Causes[^1]);
        Assert.Empty(host.Calls);
    }

    [Fact]
    public async Task MachineOfTheCommandLine_IsTheOnlyOne()
    {
        await using RestFixture rest = await RestFixture.StartAsync();
        Assert.Equal((500, "the VM is already created"), ((await rest.PutAsync("vm.create", Minimal)).Status, (await rest.PutAsync("vm.create", Minimal)).Causes[^1]));
        Assert.Equal(500, (await rest.PutAsync("vm.delete")).Status);
        Assert.Empty(rest.Machine.Calls);
    }

    private sealed class Host : IVmHost
    {
        private readonly TaskCompletionSource quit = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public List<string> Calls { get; } = [];

        public VmConfig? Config { get; private set; }

        public IVirtualMachine? Machine { get; private set; }

        public void Create(VmConfig config)
        {
            Calls.Add("create");
            if (Machine is not null)
            {
                throw new VmException(VmErrorCode.InvalidState, "VM is already created");
            }

            Config = config;
            Machine = new FakeVirtualMachine { State = RunState.Prelaunch };
        }

        public void Delete()
        {
            Calls.Add("delete");
            Machine = null;
        }

        public Task HasQuit => quit.Task;

        public void Quit()
        {
            Calls.Add("quit");
            quit.TrySetResult();
        }
    }
}
