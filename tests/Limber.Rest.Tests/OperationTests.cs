using System.Text.Json;
using System.Threading.Tasks;
using Limber.Control;
using Limber.Rest.Tests.Support;

namespace Limber.Rest.Tests;

public sealed class OperationTests
{
    [Fact]
    public async Task List_HasAllOperations()
    {
        await using RestFixture rest = await RestFixture.StartAsync();
        Assert.Equal("[]", (await rest.GetAsync("vm.operations")).Body);
        await rest.PutAsync("vm.resize", """{"desired_vcpus":3}""");
        Assert.Equal(
            """
            [{"id":1,"kind":"cpu-plug","state":"notified","final":false,"cpu_index":2,
            "target":"/machine/unattached/device[2]","requested_at":"1970-01-01T00:00:00+00:00"}]
            """.ReplaceLineEndings(""),
            (await rest.GetAsync("vm.operations")).Body);
    }

    [Fact]
    public async Task Get_FollowsTheOperation()
    {
        await using RestFixture rest = await RestFixture.StartAsync(new FakeVirtualMachine(boot: 3));
        await rest.PutAsync("vm.resize", """{"desired_vcpus":2}""");
        rest.Machine.Operations[0].MoveTo(OperationState.TimedOut, "no answer");
        JsonElement body = (await rest.GetAsync("vm.operations/1")).Json;
        Assert.Equal("cpu-unplug", body.GetProperty("kind").GetString());
        Assert.Equal("timed-out", body.GetProperty("state").GetString());
        Assert.True(body.GetProperty("final").GetBoolean());
        Assert.Equal("no answer", body.GetProperty("detail").GetString());
    }

    [Theory]
    [InlineData("7")]
    [InlineData("0")]
    [InlineData("-1")]
    [InlineData("x")]
    [InlineData("cancel")]
    [InlineData("99999999999999999999")]
    public async Task Unknown_IsNotFound(string id)
    {
        await using RestFixture rest = await RestFixture.StartAsync();
        Reply get = await rest.GetAsync("vm.operations/" + id);
        Assert.Equal(404, get.Status);
        Assert.Equal(["Error from API", "The operation is not available", $"there is no operation '{id}'"], get.Causes);
        Reply cancel = await rest.PutAsync($"vm.operations/{id}/cancel");
        Assert.Equal(404, cancel.Status);
        Assert.Equal("The operation could not be cancelled", cancel.Causes[1]);
    }

    [Fact]
    public async Task Cancel_InTime_Succeeds()
    {
        await using RestFixture rest = await RestFixture.StartAsync();
        await rest.PutAsync("vm.resize", """{"desired_vcpus":3}""");
        Assert.Equal(204, (await rest.PutAsync("vm.operations/1/cancel")).Status);
        Assert.Equal(OperationState.Cancelled, rest.Machine.Operations[0].Current.State);
    }

    [Theory]
    [InlineData(OperationState.Acknowledged, "operation 1 (cpu-plug of vCPU 2) is still pending: acknowledged")]
    [InlineData(OperationState.Completed, "operation 1 (cpu-plug of vCPU 2) has ended: completed")]
    public async Task Cancel_TooLate_IsConflict(OperationState state, string cause)
    {
        await using RestFixture rest = await RestFixture.StartAsync();
        await rest.PutAsync("vm.resize", """{"desired_vcpus":3}""");
        rest.Machine.Operations[0].MoveTo(state);
        Reply reply = await rest.PutAsync("vm.operations/1/cancel");
        Assert.Equal(409, reply.Status);
        Assert.Equal(cause, reply.Causes[^1]);
    }
}
