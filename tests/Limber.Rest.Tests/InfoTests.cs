using System.Text.Json;
using System.Threading.Tasks;
using Limber.Config;
using Limber.Control;
using Limber.Rest.Tests.Support;

namespace Limber.Rest.Tests;

public sealed class InfoTests
{
    [Fact]
    public async Task Info_IsExactlyThis()
    {
        await using RestFixture rest = await RestFixture.StartAsync();
        Assert.Equal(
            """
            {"config":{"cpus":{"boot_vcpus":2,"max_vcpus":8,"topology":{"threads_per_core":1,"cores_per_die":4,
            "dies_per_package":1,"packages":2},"kvm_hyperv":false},
            "memory":{"size":536870912,"shared":false,"mergeable":false,"hugepages":false,"prefault":false,"hotplug_method":"Acpi"},
            "payload":{"kernel":"/boot/vmlinux","cmdline":"console=ttyS0"},
            "serial":{"mode":"File","file":"/var/log/guest's.log"},"console":{"mode":"Off"}},
            "state":"Running","memory_actual_size":536870912,"device_tree":{},
            "limber":{"run_state":"running","vcpus":{"plugged":2,"pending":[]},
            "memory":{"base":536870912,"plugged":0,"maximum":536870912,"slots":0,"devices":[],"pending":[]}}}
            """.ReplaceLineEndings(""),
            (await rest.GetAsync("vm.info")).Body);
    }

    [Fact]
    public async Task Numa_IsAListOfNodes()
    {
        NumaConfig numa = new()
        {
            NodeMemory = [512 << 20, 0], ProcessorNodes = [0, 0, 1, 1, 0, 0, 1, 1], Distances = [10, 20, 30, 10],
        };
        await using RestFixture rest = await RestFixture.StartAsync(
            new FakeVirtualMachine { Config = new FakeVirtualMachine().Config with { Numa = numa } });
        Assert.Equal(
            """
            [{"guest_numa_id":0,"cpus":[0,1,4,5],"distances":[{"destination":1,"distance":20}]},
            {"guest_numa_id":1,"cpus":[2,3,6,7],"distances":[{"destination":0,"distance":30}]}]
            """.ReplaceLineEndings(""),
            (await rest.GetAsync("vm.info")).Json.GetProperty("config").GetProperty("numa").GetRawText());
    }

    [Theory]
    [InlineData(RunState.Prelaunch, "Created", "prelaunch")]
    [InlineData(RunState.Paused, "Paused", "paused")]
    [InlineData(RunState.Shutdown, "Shutdown", "shutdown")]
    [InlineData(RunState.InternalError, "Shutdown", "internal-error")]
    public async Task State_IsMapped(RunState state, string name, string exact)
    {
        await using RestFixture rest = await RestFixture.StartAsync(new FakeVirtualMachine { State = state });
        JsonElement body = (await rest.GetAsync("vm.info")).Json;
        Assert.Equal(name, body.GetProperty("state").GetString());
        Assert.Equal(exact, body.GetProperty("limber").GetProperty("run_state").GetString());
    }

    [Fact]
    public async Task BootVcpus_IsWhatIsPluggedNotWhatIsWished()
    {
        await using RestFixture rest = await RestFixture.StartAsync(new FakeVirtualMachine(boot: 4));
        Assert.Equal(204, (await rest.PutAsync("vm.resize", "{\"desired_vcpus\":2}")).Status);

        JsonElement asked = (await rest.GetAsync("vm.info")).Json;
        Assert.Equal(4, asked.GetProperty("config").GetProperty("cpus").GetProperty("boot_vcpus").GetInt32());
        Assert.Equal(2, asked.GetProperty("limber").GetProperty("vcpus").GetProperty("pending").GetArrayLength());

        rest.Machine.Complete(rest.Machine.Operations[0]);
        rest.Machine.Complete(rest.Machine.Operations[1]);
        JsonElement done = (await rest.GetAsync("vm.info")).Json;
        Assert.Equal(2, done.GetProperty("config").GetProperty("cpus").GetProperty("boot_vcpus").GetInt32());
        Assert.Equal(0, done.GetProperty("limber").GetProperty("vcpus").GetProperty("pending").GetArrayLength());
    }

    public static TheoryData<ChardevConfig?, string> Serials() => new()
    {
        { null, """{"mode":"Off"}""" },
        { new ChardevConfig.Null(), """{"mode":"Null"}""" },
        { new ChardevConfig.Stdio(), """{"mode":"Tty"}""" },
        { new ChardevConfig.Pty(), """{"mode":"Pty"}""" },
        { new ChardevConfig.UnixSocket("/s", true, false), """{"mode":"Socket","socket":"/s"}""" },
        { new ChardevConfig.TcpSocket("::1", 5, true, false), """{"mode":"Socket","socket":"tcp:::1:5"}""" },
    };

    [Theory]
    [MemberData(nameof(Serials), DisableDiscoveryEnumeration = true)]
    public async Task Serial_IsMapped(ChardevConfig? serial, string json)
    {
        FakeVirtualMachine machine = new();
        machine = new FakeVirtualMachine { Config = machine.Config with { Serials = [serial] } };
        await using RestFixture rest = await RestFixture.StartAsync(machine);
        Assert.Equal(json, (await rest.GetAsync("vm.info")).Json.GetProperty("config").GetProperty("serial").GetRawText());
    }
}
