using System;
using System.Linq;
using System.Net.Sockets;
using System.Text.Json;
using System.Threading;
using System.Threading.Tasks;
using Limber.Control;
using Limber.Rest.Tests.Support;

namespace Limber.Rest.Tests;

public sealed class LifecycleTests
{
    [Fact]
    public async Task Ping_NamesTheProcess()
    {
        await using RestFixture rest = await RestFixture.StartAsync(options: new RestServerOptions { Version = "9.8.7" });
        JsonElement body = (await rest.GetAsync("vmm.ping")).Json;
        Assert.Equal("9.8.7", body.GetProperty("version").GetString());
        Assert.Equal("limber-0.1.0", body.GetProperty("build_version").GetString());
        Assert.Equal(Environment.ProcessId, body.GetProperty("pid").GetInt64());
        Assert.Equal("kvm", body.GetProperty("features")[0].GetString());
    }

    [Fact]
    public async Task VmmShutdown_AnswersThenQuits()
    {
        await using RestFixture rest = await RestFixture.StartAsync();
        Reply reply = await rest.PutAsync("vmm.shutdown");
        Assert.Equal((200, ""), (reply.Status, reply.Body));
        Assert.Equal(0, await rest.Machine.Completion.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task VmmShutdown_OfAClientThatDoesNotStay_Quits()
    {
        await using RestFixture rest = await RestFixture.StartAsync();
        using (Socket socket = await rest.ConnectAsync())
        {
            await socket.SendAsync("PUT /api/v1/vmm.shutdown HTTP/1.1\r\nHost: x\r\n\r\n"u8.ToArray());
        }

        Assert.Equal(0, await rest.Machine.Completion.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData("vm.pause", RunState.Running, "pause", RunState.Paused)]
    [InlineData("vm.resume", RunState.Paused, "resume", RunState.Running)]
    [InlineData("vm.boot", RunState.Prelaunch, "resume", RunState.Running)]
    [InlineData("vm.boot", RunState.Shutdown, "power-off resume", RunState.Running)]
    [InlineData("vm.shutdown", RunState.Running, "power-off", RunState.Prelaunch)]
    [InlineData("vm.shutdown", RunState.Paused, "power-off", RunState.Prelaunch)]
    [InlineData("vm.shutdown", RunState.InternalError, "power-off", RunState.Prelaunch)]
    [InlineData("vm.power-button", RunState.Running, "power-button", RunState.Running)]
    [InlineData("vm.reboot", RunState.Running, "reset resume", RunState.Running)]
    [InlineData("vm.reboot", RunState.Paused, "reset resume", RunState.Running)]
    [InlineData("vm.reboot", RunState.Shutdown, "reset resume", RunState.Running)]
    public async Task Change_InRightState_IsMade(string route, RunState before, string calls, RunState after)
    {
        await using RestFixture rest = await RestFixture.StartAsync(new FakeVirtualMachine { State = before });
        Reply reply = await rest.PutAsync(route);
        Assert.Equal((204, ""), (reply.Status, reply.Body));
        Assert.Equal(calls, string.Join(' ', rest.Machine.Calls));
        Assert.Equal(after, rest.Machine.State);
    }

    [Theory]
    [InlineData("vm.pause", RunState.Paused, 500, "the VM is paused, not running")]
    [InlineData("vm.pause", RunState.Prelaunch, 500, "the VM is created, not running")]
    [InlineData("vm.resume", RunState.Running, 500, "the VM is running, not paused")]
    [InlineData("vm.resume", RunState.Shutdown, 500, "the VM is shut down, not paused")]
    [InlineData("vm.resume", RunState.InternalError, 500, "the VM is stopped by an internal error, not paused")]
    [InlineData("vm.boot", RunState.Running, 500, "the VM is running, not created")]
    [InlineData("vm.boot", RunState.InternalError, 500, "the VM is stopped by an internal error, not created")]
    [InlineData("vm.shutdown", RunState.Prelaunch, 500, "the VM is created, not booted")]
    [InlineData("vm.power-button", RunState.Shutdown, 500, "the VM is shut down, not booted")]
    [InlineData("vm.reboot", RunState.Prelaunch, 404, "the VM is not booted")]
    public async Task Change_InWrongState_IsRefused(string route, RunState state, int status, string cause)
    {
        await using RestFixture rest = await RestFixture.StartAsync(new FakeVirtualMachine { State = state });
        Reply reply = await rest.PutAsync(route);
        Assert.Equal(status, reply.Status);
        Assert.Equal(cause, reply.Causes[^1]);
        Assert.Empty(rest.Machine.Calls);
    }

    [Theory]
    [InlineData(VmErrorCode.Failed, 500)]
    [InlineData(VmErrorCode.DeviceNotFound, 404)]
    [InlineData(VmErrorCode.DuplicateId, 409)]
    [InlineData(VmErrorCode.RemovalPending, 429)]
    public async Task MachineRefusal_GivesStatusAndChain(VmErrorCode code, int status)
    {
        await using RestFixture rest = await RestFixture.StartAsync();
        rest.Machine.NextFailure = new VmException(code, "outer", new InvalidOperationException("inner"));
        Reply reply = await rest.PutAsync("vm.pause");
        Assert.Equal(status, reply.Status);
        Assert.Equal(["Error from API", "The VM could not be paused", "outer", "inner"], reply.Causes);
    }

    [Fact]
    public async Task Defect_IsAReplyNotTheEnd()
    {
        await using RestFixture rest = await RestFixture.StartAsync();
        rest.Machine.NextFailure = new NullReferenceException("oops");
        Assert.Equal((500, "oops"), ((await rest.PutAsync("vm.pause")) is { } reply ? (reply.Status, reply.Causes[^1]) : default));
        Assert.Equal(204, (await rest.PutAsync("vm.pause")).Status);
    }

    [Fact]
    public async Task Queries_AnswerWhileChangesHang()
    {
        await using RestFixture rest = await RestFixture.StartAsync();
        using ManualResetEventSlim hold = rest.Machine.PauseGate = new ManualResetEventSlim();
        Task<Reply>[] hanging = [.. Enumerable.Range(0, 30).Select(_ => rest.PutAsync("vm.pause"))];
        try
        {
            Assert.Equal(200, (await rest.GetAsync("vmm.ping").WaitAsync(TimeSpan.FromSeconds(5), TestContext.Current.CancellationToken)).Status);
            Assert.Equal(200, (await rest.GetAsync("vm.info").WaitAsync(TimeSpan.FromSeconds(5), TestContext.Current.CancellationToken)).Status);
            Assert.Equal(200, (await rest.PutAsync("vmm.shutdown").WaitAsync(TimeSpan.FromSeconds(5), TestContext.Current.CancellationToken)).Status);
            await rest.Machine.Completion.WaitAsync(TimeSpan.FromSeconds(5), TestContext.Current.CancellationToken);
        }
        finally
        {
            hold.Set();
        }

        Reply[] replies = await Task.WhenAll(hanging);
        Assert.Single(replies, reply => reply.Status == 204);
        Assert.Equal(29, replies.Count(reply => reply.Status == 500));
    }

    [Fact]
    public async Task Counters_AreEmpty()
    {
        await using RestFixture rest = await RestFixture.StartAsync();
        Reply reply = await rest.GetAsync("vm.counters");
        Assert.Equal((200, "{}"), (reply.Status, reply.Body));
    }
}
