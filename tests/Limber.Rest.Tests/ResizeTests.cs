using System;
using System.Diagnostics;
using System.Linq;
using System.Threading.Tasks;
using Limber.Control;
using Limber.Rest.Tests.Support;

namespace Limber.Rest.Tests;

public sealed class ResizeTests
{
    private static readonly string[] Refused = ["Error from API", "The VM could not be resized"];

    private static string Vcpus(long count) => $$"""{"desired_vcpus":{{count}}}""";

    [Theory]
    [InlineData("""{}""")]
    [InlineData("""{"desired_vcpus":null,"desired_ram":null,"desired_balloon":null}""")]
    [InlineData("""{"desired_vcpus":2}""")]
    [InlineData("""{"desired_vcpus":2,"desired_ram":536870912,"desired_balloon":0,"later":{"x":[1]}}""")]
    public async Task Resize_ToWhatIs_DoesNothing(string body)
    {
        await using RestFixture rest = await RestFixture.StartAsync();
        Assert.Equal(204, (await rest.PutAsync("vm.resize", body)).Status);
        Assert.Empty(rest.Machine.Calls);
    }

    [Fact]
    public async Task Grow_PlugsLowestFreeSlotsInOneCall()
    {
        FakeVirtualMachine machine = new(boot: 4);
        machine.Vacate(2);
        await using RestFixture rest = await RestFixture.StartAsync(machine);
        Reply reply = await rest.PutAsync("vm.resize", Vcpus(6));
        Assert.Equal((204, ""), (reply.Status, reply.Body));
        Assert.Equal(["plug 2,4,5"], machine.Calls);
    }

    [Theory]
    [InlineData("true", 6, new[] { "online", "plug 2,3,4,5 within 9" })]
    [InlineData("false", 3, new[] { "plug 2 within 9" })]
    [InlineData("true", 1, new[] { "unplug 1 within 9" })]
    public async Task Online_AsksForTheAgent(string online, int count, string[] calls)
    {
        await using RestFixture rest = await RestFixture.StartAsync();
        Assert.Equal(204, (await rest.PutAsync($"vm.resize?online={online}&deadline=9", Vcpus(count))).Status);
        Assert.Equal(calls, rest.Machine.Calls);
    }

    [Fact]
    public async Task Online_WithoutAnAgent_IsRefused()
    {
        FakeVirtualMachine machine = new() { NextFailure = new VmException(VmErrorCode.InvalidState, "no agent; nothing was plugged") };
        await using RestFixture rest = await RestFixture.StartAsync(machine);
        Reply reply = await rest.PutAsync("vm.resize?online=true", Vcpus(3));
        Assert.Equal(500, reply.Status);
        Assert.Contains("no agent; nothing was plugged", reply.Body);
        Assert.Equal(400, (await rest.PutAsync("vm.resize?online=1", Vcpus(3))).Status);
    }

    [Fact]
    public async Task Shrink_UnplugsHighestSlotsInOneCall()
    {
        FakeVirtualMachine machine = new(boot: 3);
        machine.Occupy(6);
        await using RestFixture rest = await RestFixture.StartAsync(machine);
        Assert.Equal(204, (await rest.PutAsync("vm.resize", Vcpus(2))).Status);
        Assert.Equal(["unplug 2,6"], machine.Calls);
        Assert.Equal(4, machine.Plugged);
    }

    [Fact]
    public async Task Shrink_ToOne_KeepsSlotZero()
    {
        FakeVirtualMachine machine = new(boot: 8);
        await using RestFixture rest = await RestFixture.StartAsync(machine);
        Assert.Equal(204, (await rest.PutAsync("vm.resize", Vcpus(1))).Status);
        Assert.Equal(["unplug 1,2,3,4,5,6,7"], machine.Calls);
    }

    [Theory]
    [InlineData(9)]
    [InlineData(uint.MaxValue)]
    public async Task Grow_AboveMaximum_IsRefused(long count)
    {
        await using RestFixture rest = await RestFixture.StartAsync();
        Reply reply = await rest.PutAsync("vm.resize", Vcpus(count));
        Assert.Equal(500, reply.Status);
        Assert.Equal(
            """["Error from API","The VM could not be resized","Error from CPU manager","Requested vCPUs exceed maximum"]""",
            reply.Body);
        Assert.Empty(rest.Machine.Calls);
    }

    [Fact]
    public async Task Zero_IsRefused()
    {
        await using RestFixture rest = await RestFixture.StartAsync();
        Reply reply = await rest.PutAsync("vm.resize", Vcpus(0));
        Assert.Equal(500, reply.Status);
        Assert.Equal([.. Refused, "Error from CPU manager", "desired_vcpus is 0; at least 1 vCPU must remain"], reply.Causes);
    }

    [Fact]
    public async Task RemovalPending_RefusesEveryOtherSizeUntilItIsOver()
    {
        FakeVirtualMachine machine = new(boot: 4);
        await using RestFixture rest = await RestFixture.StartAsync(machine);
        Assert.Equal(204, (await rest.PutAsync("vm.resize", Vcpus(3))).Status);

        foreach (int count in new[] { 1, 3, 5, 9 })
        {
            Reply reply = await rest.PutAsync("vm.resize", Vcpus(count));
            Assert.Equal(429, reply.Status);
            Assert.Equal("the removal of vCPU 3 is still pending", reply.Causes[^1]);
        }

        Assert.Equal(204, (await rest.PutAsync("vm.resize", Vcpus(4))).Status);
        Assert.Equal(500, (await rest.PutAsync("vm.resize", Vcpus(0))).Status);
        Assert.Equal(["unplug 3"], machine.Calls);

        machine.Complete(machine.Operations[0]);
        Assert.Equal(204, (await rest.PutAsync("vm.resize", Vcpus(5))).Status);
        Assert.Equal(["unplug 3", "plug 3,4"], machine.Calls);
    }

    [Fact]
    public async Task MachineRefusal_LeavesNothingChanged()
    {
        await using RestFixture rest = await RestFixture.StartAsync();
        rest.Machine.NextFailure = new VmException(VmErrorCode.HostFailure, "no memory for vCPU 5");
        Reply reply = await rest.PutAsync("vm.resize", Vcpus(6));
        Assert.Equal(500, reply.Status);
        Assert.Equal([.. Refused, "Error from CPU manager", "no memory for vCPU 5"], reply.Causes);
        Assert.Equal(2, rest.Machine.Plugged);
        Assert.Empty(rest.Machine.Operations);
    }

    [Fact]
    public async Task MachineRefusal_ForPendingRemoval_Is429()
    {
        await using RestFixture rest = await RestFixture.StartAsync();
        rest.Machine.NextFailure = new VmException(VmErrorCode.RemovalPending, "somebody was faster");
        Assert.Equal(429, (await rest.PutAsync("vm.resize", Vcpus(6))).Status);
    }

    [Fact]
    public async Task ManyClients_ResizeOneAfterTheOther()
    {
        await using RestFixture rest = await RestFixture.StartAsync();
        Reply[] replies = await Task.WhenAll(
            Enumerable.Range(0, 60).Select(i => rest.PutAsync("vm.resize", Vcpus(3 + (i % 6)))));
        // Only growing succeeds (a removal stays pending in this guest), and no slot is plugged twice.
        Assert.All(replies, reply => Assert.Contains(reply.Status, new[] { 204, 429 }));
        Assert.InRange(rest.Machine.Plugged, 3, 8);
        Assert.Equal(
            rest.Machine.Plugged - 2, rest.Machine.Operations.Count(operation => operation.Current.Kind == OperationKind.CpuPlug));
    }

    [Theory]
    [InlineData("", "$")]
    [InlineData("{", "$")]
    [InlineData("null", "null")]
    [InlineData("[4]", "$")]
    [InlineData("4", "$")]
    [InlineData("{\"desired_vcpus\":-1}", "$.desired_vcpus")]
    [InlineData("{\"desired_vcpus\":4294967296}", "$.desired_vcpus")]
    [InlineData("{\"desired_vcpus\":1.5}", "$.desired_vcpus")]
    [InlineData("{\"desired_vcpus\":\"4\"}", "$.desired_vcpus")]
    [InlineData("{\"desired_ram\":1e400}", "$.desired_ram")]
    [InlineData("{\"desired_vcpus\":4} x", "$")]
    [InlineData("{desired_vcpus:4}", "$")]
    [InlineData("{\"a\":\"\u0001\"}", "$")]
    public async Task NotTheJson_IsBadRequest(string body, string cause)
    {
        await using RestFixture rest = await RestFixture.StartAsync();
        // A space makes the empty body one that is there.
        Reply reply = await rest.PutAsync("vm.resize", body + " ");
        Assert.Equal(400, reply.Status);
        Assert.Equal("Failed to deserialize JSON", reply.Causes[0]);
        Assert.Contains(cause, reply.Causes[1]);
        Assert.Empty(rest.Machine.Calls);
    }

    [Fact]
    public async Task DeepJson_IsBadRequest()
    {
        await using RestFixture rest = await RestFixture.StartAsync();
        Reply reply = await rest.PutAsync("vm.resize", "{\"a\":" + new string('[', 100_000) + new string(']', 100_000) + "}");
        Assert.Equal(400, reply.Status);
        Assert.Equal("Failed to deserialize JSON", reply.Causes[0]);
    }

    [Fact]
    public async Task Wait_EndsWhenAllOperationsHave()
    {
        await using RestFixture rest = await RestFixture.StartAsync();
        Task<Reply> waiting = rest.PutAsync("vm.resize?wait=20", Vcpus(4));
        await Until(() => rest.Machine.Operations.Count == 2);
        Assert.Equal(200, (await rest.GetAsync("vmm.ping")).Status);
        rest.Machine.Complete(rest.Machine.Operations[0]);
        await Task.Delay(20, TestContext.Current.CancellationToken);
        Assert.False(waiting.IsCompleted);
        rest.Machine.Complete(rest.Machine.Operations[1]);
        Assert.Equal(204, (await waiting).Status);
    }

    [Theory]
    [InlineData("0")]
    [InlineData("0.05")]
    public async Task Wait_TooShort_NamesWhatIsPending(string seconds)
    {
        await using RestFixture rest = await RestFixture.StartAsync();
        Reply reply = await rest.PutAsync("vm.resize?wait=" + seconds, Vcpus(4));
        Assert.Equal(500, reply.Status);
        Assert.Equal(
            [
                .. Refused,
                "operation 1 (cpu-plug of vCPU 2) is still pending: notified",
                "operation 2 (cpu-plug of vCPU 3) is still pending: notified",
            ],
            reply.Causes);
    }

    [Fact]
    public async Task Wait_Refused_SaysWhich()
    {
        await using RestFixture rest = await RestFixture.StartAsync();
        Task<Reply> waiting = rest.PutAsync("vm.resize?wait=20", Vcpus(4));
        await Until(() => rest.Machine.Operations.Count == 2);
        rest.Machine.Operations[1].MoveTo(OperationState.Refused, "processor in use");
        rest.Machine.Complete(rest.Machine.Operations[0]);
        Reply reply = await waiting;
        Assert.Equal(500, reply.Status);
        Assert.Equal([.. Refused, "operation 2 (cpu-plug of vCPU 3) has ended: refused (processor in use)"], reply.Causes);
    }

    [Fact]
    public async Task Wait_WithNothingToDo_AnswersAtOnce()
    {
        await using RestFixture rest = await RestFixture.StartAsync();
        Assert.Equal(204, (await rest.PutAsync("vm.resize?wait=20", Vcpus(2))).Status);
        rest.Machine.FirstState = OperationState.Completed;
        Assert.Equal(204, (await rest.PutAsync("vm.resize?wait=0", Vcpus(3))).Status);
    }

    [Theory]
    [InlineData("deadline=")]
    [InlineData("deadline=0")]
    [InlineData("deadline=1e3")]
    [InlineData("deadline=86401")]
    [InlineData("deadline=1&deadline=2")]
    public async Task Deadline_Garbage_IsBadRequestAndNothingChanges(string query)
    {
        await using RestFixture rest = await RestFixture.StartAsync();
        Reply reply = await rest.PutAsync("vm.resize?" + query, Vcpus(4));
        Assert.Equal(400, reply.Status);
        Assert.Contains("from 0.1 to 86400", reply.Causes[1]);
        Assert.Empty(rest.Machine.Calls);
    }

    [Theory]
    [InlineData(4, "plug 2,3 within 2.5")]
    [InlineData(1, "unplug 1 within 2.5")]
    public async Task Deadline_IsPassedOn(int vcpus, string call)
    {
        await using RestFixture rest = await RestFixture.StartAsync();
        Assert.Equal(204, (await rest.PutAsync("vm.resize?deadline=2.5", Vcpus(vcpus))).Status);
        Assert.Equal([call], rest.Machine.Calls);
    }

    [Theory]
    [InlineData("wait=")]
    [InlineData("wait=-1")]
    [InlineData("wait=soon")]
    [InlineData("wait=NaN")]
    [InlineData("wait=1e3")]
    [InlineData("wait=86401")]
    [InlineData("wait=99999999999999999999999999999999999")]
    [InlineData("wait=1&wait=2")]
    public async Task Wait_Garbage_IsBadRequestAndNothingChanges(string query)
    {
        await using RestFixture rest = await RestFixture.StartAsync();
        Reply reply = await rest.PutAsync("vm.resize?" + query, Vcpus(4));
        Assert.Equal(400, reply.Status);
        Assert.Contains("from 0 to 86400", reply.Causes[1]);
        Assert.Empty(rest.Machine.Calls);
    }

    [Fact]
    public async Task Wait_EndsWhenTheServerStops()
    {
        await using RestFixture rest = await RestFixture.StartAsync();
        Task<Reply> waiting = rest.PutAsync("vm.resize?wait=1000", Vcpus(3));
        await Until(() => rest.Machine.Operations.Count == 1);
        long begin = Stopwatch.GetTimestamp();
        await rest.Server.DisposeAsync();
        Assert.Equal(500, (await waiting).Status);
        Assert.True(Stopwatch.GetElapsedTime(begin) < TimeSpan.FromSeconds(2));
    }

    internal static async Task Until(Func<bool> condition)
    {
        long begin = Stopwatch.GetTimestamp();
        while (!condition())
        {
            Assert.True(Stopwatch.GetElapsedTime(begin) < TimeSpan.FromSeconds(10), "the condition did not come true in 10 s");
            await Task.Delay(1, TestContext.Current.CancellationToken);
        }
    }
}
