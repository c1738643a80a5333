using System.Text.Json;
using System.Threading.Tasks;
using Limber.Config;
using Limber.Control;
using Limber.Rest.Tests.Support;

namespace Limber.Rest.Tests;

/// <summary>Memory and balloon in <c>vm.resize</c>, <c>vm.resize-zone</c> and <c>vm.info</c>.</summary>
public sealed class MemoryTests
{
    private const ulong GiB = 1UL << 30;

    private static readonly string[] Refused = ["Error from API", "The VM could not be resized"];

    private static (FakeVirtualMachine Machine, FakeMemoryManager Memory) Machine(
        ulong remainder = 0, OperationState first = OperationState.Notified, ulong? balloon = null)
    {
        FakeMemoryManager memory = new() { HotplugSize = 8 * GiB, Remainder = remainder, FirstState = first };
        FakeVirtualMachine machine = new() { Memory = memory, Devices = new FakeDeviceManager { Balloon = balloon } };
        return (machine, memory);
    }

    [Fact]
    public async Task Resize_OfAll_IsOneRequest()
    {
        (FakeVirtualMachine machine, FakeMemoryManager memory) = Machine(balloon: 0);
        await using RestFixture rest = await RestFixture.StartAsync(machine);
        Reply reply = await rest.PutAsync("vm.resize?deadline=5", """{"desired_vcpus":4,"desired_ram":3221225472,"desired_balloon":2147483648}""");
        Assert.Equal((204, ""), (reply.Status, reply.Body));
        Assert.Equal(["memory 3221225472 within 5"], memory.Calls);
        Assert.Equal(["plug 2,3 within 5"], machine.Calls);
        Assert.Equal(2 * GiB, machine.Devices.GetBalloon());
    }

    [Theory]
    [InlineData("""{"desired_vcpus":9,"desired_ram":3221225472}""", 500, "Error from CPU manager", "Requested vCPUs exceed maximum")]
    [InlineData("""{"desired_vcpus":0,"desired_ram":3221225472}""", 500, "Error from CPU manager", "desired_vcpus is 0; at least 1 vCPU must remain")]
    [InlineData("""{"desired_vcpus":4,"desired_ram":1073741824,"desired_balloon":1073741824}""", 500, "Error from device manager", "desired_balloon 1073741824 does not leave the guest any of its 1073741824 bytes")]
    [InlineData("""{"desired_balloon":536870912}""", 500, "Error from device manager", "desired_balloon 536870912 does not leave the guest any of its 536870912 bytes")]
    public async Task Resize_ThatCannotBeDoneAsAWhole_ChangesNothing(string body, int status, string whose, string cause)
    {
        (FakeVirtualMachine machine, FakeMemoryManager memory) = Machine(balloon: 0);
        await using RestFixture rest = await RestFixture.StartAsync(machine);
        Reply reply = await rest.PutAsync("vm.resize", body);
        Assert.Equal(status, reply.Status);
        Assert.Equal([.. Refused, whose, cause], reply.Causes);
        Assert.Empty(memory.Calls);
        Assert.Empty(machine.Calls);
        Assert.Equal(0UL, machine.Devices.GetBalloon());
    }

    [Theory]
    [InlineData(VmErrorCode.NoFreeSlot, "No ACPI slot available|64 of 64 are in use")]
    [InlineData(VmErrorCode.NoMemorySpace, "Not enough space in the hotplug RAM region|64 of 64 are in use")]
    [InlineData(VmErrorCode.InvalidDevice, "64 of 64 are in use")]
    [InlineData(VmErrorCode.HotplugNotSupported, "64 of 64 are in use")]
    public async Task Memory_ThatIsRefused_LeavesProcessorsAlone(VmErrorCode code, string causes)
    {
        (FakeVirtualMachine machine, FakeMemoryManager memory) = Machine();
        memory.NextFailure = new VmException(code, "64 of 64 are in use");
        await using RestFixture rest = await RestFixture.StartAsync(machine);
        Reply reply = await rest.PutAsync("vm.resize", """{"desired_vcpus":4,"desired_ram":3221225472}""");
        Assert.Equal(500, reply.Status);
        Assert.Equal([.. Refused, "Memory manager error", .. causes.Split('|')], reply.Causes);
        Assert.Empty(machine.Calls);
    }

    [Fact]
    public async Task Processors_ThatTheHostRefuses_TakeMemoryBackOrSayThatItStays()
    {
        foreach (bool tooLate in new[] { false, true })
        {
            (FakeVirtualMachine machine, FakeMemoryManager memory) = Machine(first: tooLate ? OperationState.Acknowledged : OperationState.Notified);
            machine.NextFailure = new VmException(VmErrorCode.HostFailure, "no memory for vCPU 3");
            await using RestFixture rest = await RestFixture.StartAsync(machine);
            Reply reply = await rest.PutAsync("vm.resize", """{"desired_vcpus":4,"desired_ram":3221225472}""");
            Assert.Equal(500, reply.Status);
            string[] stays = tooLate ? ["operation 100 (memory-plug of /machine/peripheral-anon/device[0]) is still pending: acknowledged"] : [];
            Assert.Equal([.. Refused, "Error from CPU manager", "no memory for vCPU 3", .. stays], reply.Causes);
            Assert.Equal(tooLate ? OperationState.Acknowledged : OperationState.Cancelled, memory.Operations[0].Current.State);
        }
    }

    [Fact]
    public async Task Wait_IsForMemoryToo()
    {
        (FakeVirtualMachine machine, FakeMemoryManager memory) = Machine();
        machine.FirstState = OperationState.Completed;
        await using RestFixture rest = await RestFixture.StartAsync(machine);
        Reply reply = await rest.PutAsync("vm.resize?wait=0", """{"desired_vcpus":4,"desired_ram":3221225472}""");
        Assert.Equal(500, reply.Status);
        Assert.Equal([.. Refused, "operation 100 (memory-plug of /machine/peripheral-anon/device[0]) is still pending: notified"], reply.Causes);
        Task<Reply> waiting = rest.PutAsync("vm.resize?wait=20", """{"desired_ram":4294967296}""");
        while (memory.Operations.Count < 2)
        {
            await Task.Delay(5, TestContext.Current.CancellationToken);
        }

        memory.Operations[1].MoveTo(OperationState.Completed);
        Assert.Equal(204, (await waiting).Status);
    }

    [Fact]
    public async Task Wait_SaysWhatRemains()
    {
        (FakeVirtualMachine machine, FakeMemoryManager _) = Machine(remainder: 128 << 20, first: OperationState.Completed);
        await using RestFixture rest = await RestFixture.StartAsync(machine);
        Assert.Equal(204, (await rest.PutAsync("vm.resize?wait=1", """{"desired_ram":3221225472}""")).Status);
        Assert.Equal(204, (await rest.PutAsync("vm.resize", """{"desired_ram":1073741824}""")).Status);
        Reply reply = await rest.PutAsync("vm.resize?wait=1", """{"desired_ram":1073741824}""");
        Assert.Equal(500, reply.Status);
        Assert.Equal(
            [.. Refused, "Memory manager error", "memory becomes 1207959552 bytes, 134217728 more than desired_ram: no whole DIMMs make up the difference, and the rest goes at the next reboot"],
            reply.Causes);
    }

    [Theory]
    [InlineData("""{"desired_balloon":4096}""")]
    [InlineData("""{"desired_balloon":4096,"desired_vcpus":4}""")]
    public async Task Balloon_ThatIsNotThere_IsRefused(string body)
    {
        (FakeVirtualMachine machine, FakeMemoryManager _) = Machine();
        await using RestFixture rest = await RestFixture.StartAsync(machine);
        Reply reply = await rest.PutAsync("vm.resize", body);
        Assert.Equal(500, reply.Status);
        Assert.Equal([.. Refused, "Error from device manager", "the VM has no balloon; --balloon size=0 gives it one"], reply.Causes);
        Assert.Empty(machine.Calls);
    }

    [Fact]
    public async Task FixedMemory_KeepsItsSize()
    {
        await using RestFixture rest = await RestFixture.StartAsync();
        Assert.Equal(204, (await rest.PutAsync("vm.resize", """{"desired_ram":536870912,"desired_balloon":0}""")).Status);
        Reply reply = await rest.PutAsync("vm.resize", """{"desired_vcpus":4,"desired_ram":1073741824}""");
        Assert.Equal(500, reply.Status);
        Assert.Equal("Memory manager error", reply.Causes[2]);
        Assert.Empty(rest.Machine.Calls);
    }

    [Theory]
    [InlineData("""{"id":"mem0","desired_ram":1}""", 500, "there is no memory zone 'mem0': the VM has no zones of its own, and vm.resize changes its memory")]
    [InlineData("""{"id":"mem0"}""", 400, "id or desired_ram is missing")]
    [InlineData("""{"desired_ram":1}""", 400, "id or desired_ram is missing")]
    public async Task ResizeZone_IsRefused(string body, int status, string cause)
    {
        await using RestFixture rest = await RestFixture.StartAsync();
        Reply reply = await rest.PutAsync("vm.resize-zone", body);
        Assert.Equal(status, reply.Status);
        Assert.Equal(cause, reply.Causes[^1]);
        Assert.Empty(rest.Machine.Calls);
    }

    private static (FakeVirtualMachine Machine, FakeMemoryManager Memory) Zoned()
    {
        FakeMemoryManager memory = new() { HotplugSize = GiB };
        MemoryZoneConfig[] zones =
            [new() { Id = "a", Size = 384 << 20, HotplugSize = GiB }, new() { Id = "b", Size = 128 << 20, Shared = true }];
        FakeVirtualMachine plain = new();
        MemoryConfig config = new(512 << 20) { MaximumSize = GiB + (512 << 20), HotplugMethod = MemoryHotplugMethod.VirtioMem, Zones = [.. zones] };
        return (new FakeVirtualMachine { Memory = memory, Config = plain.Config with { Memory = config } }, memory);
    }

    [Fact]
    public async Task ResizeZone_AsksItsDevice_ForWhatIsNotBootMemory()
    {
        (FakeVirtualMachine machine, FakeMemoryManager memory) = Zoned();
        await using RestFixture rest = await RestFixture.StartAsync(machine);
        Assert.Equal(204, (await rest.PutAsync("vm.resize-zone?deadline=7", """{"id":"a","desired_ram":939524096}""")).Status);
        Assert.Equal(204, (await rest.PutAsync("vm.resize-zone", """{"id":"a","desired_ram":402653184}""")).Status);
        Assert.Equal(["a 536870912 within 7", "a 0"], memory.Calls);
        Reply waited = await rest.PutAsync("vm.resize-zone?wait=0", """{"id":"a","desired_ram":939524096}""");
        Assert.Equal(500, waited.Status);
    }

    [Theory]
    [InlineData("""{"id":"mem0","desired_ram":402653184}""", "there is no memory zone 'mem0'; there is a, b")]
    [InlineData("""{"id":"a","desired_ram":402653183}""", "memory zone 'a' can have 402653184 to 1476395008 bytes, not 402653183")]
    [InlineData("""{"id":"a","desired_ram":1476395009}""", "memory zone 'a' can have 402653184 to 1476395008 bytes, not 1476395009")]
    [InlineData("""{"id":"b","desired_ram":134217728}""", "memory zone 'b' has no hotplug_size: it stays as it is")]
    public async Task ResizeZone_ThatCannotBe_SaysWhy(string body, string cause)
    {
        (FakeVirtualMachine machine, FakeMemoryManager memory) = Zoned();
        await using RestFixture rest = await RestFixture.StartAsync(machine);
        Reply reply = await rest.PutAsync("vm.resize-zone", body);
        Assert.Equal((500, cause), (reply.Status, reply.Causes[^1]));
        Assert.Equal("Memory manager error", reply.Causes[^2]);
        Assert.Empty(memory.Calls);
    }

    [Fact]
    public async Task Info_HasZones()
    {
        (FakeVirtualMachine machine, _) = Zoned();
        await using RestFixture rest = await RestFixture.StartAsync(machine);
        JsonElement memory = (await rest.GetAsync("vm.info")).Json.GetProperty("config").GetProperty("memory");
        Assert.Equal(0UL, memory.GetProperty("size").GetUInt64());
        Assert.Equal(
            """[{"id":"a","size":402653184,"shared":false,"hugepages":false,"prefault":false,"hotplug_size":1073741824},{"id":"b","size":134217728,"shared":true,"hugepages":false,"prefault":false}]""",
            memory.GetProperty("zones").GetRawText());
    }

    [Fact]
    public async Task Info_HasMemoryAsItIs()
    {
        (FakeVirtualMachine plain, FakeMemoryManager memory) = Machine(balloon: 64 << 20);
        FakeVirtualMachine machine = new()
        {
            Memory = memory,
            Devices = plain.Devices,
            Config = plain.Config with { Memory = new MemoryConfig(512 << 20) { MaximumSize = (512UL << 20) + (8 * GiB), Slots = 64 } },
        };
        await using RestFixture rest = await RestFixture.StartAsync(machine);
        Assert.Equal(204, (await rest.PutAsync("vm.resize", """{"desired_ram":1073741824}""")).Status);
        memory.Add(new MemoryDeviceInfo
        {
            Id = "mem0",
            Path = "/machine/peripheral/mem0",
            Kind = MemoryDeviceKind.VirtioMem,
            Address = 8 * GiB,
            Size = 128 << 20,
            MaximumSize = GiB,
            RequestedSize = 256 << 20,
            BlockSize = 2 << 20,
            Node = 0,
        });
        JsonElement info = (await rest.GetAsync("vm.info")).Json;
        Assert.Equal(
            """{"size":1073741824,"shared":false,"mergeable":false,"hugepages":false,"prefault":false,"hotplug_method":"Acpi","hotplug_size":8589934592,"hotplugged_size":134217728}""",
            info.GetProperty("config").GetProperty("memory").GetRawText());
        Assert.Equal((1024UL + 128 - 64) << 20, info.GetProperty("memory_actual_size").GetUInt64());
        Assert.Equal(
            """
            {"base":536870912,"plugged":671088640,"maximum":9126805504,"slots":64,"devices":[
            {"id":"/machine/peripheral-anon/device[0]","kind":"dimm","address":4294967296,"size":536870912,"node":0,"removal_pending":false,"slot":0},
            {"id":"mem0","kind":"virtio-mem","address":8589934592,"size":134217728,"node":0,"removal_pending":false,"requested_size":268435456,"maximum_size":1073741824}],
            "pending":[]}
            """.ReplaceLineEndings(""),
            info.GetProperty("limber").GetProperty("memory").GetRawText());
    }
}
