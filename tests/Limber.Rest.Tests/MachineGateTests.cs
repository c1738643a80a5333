using System;
using System.Threading;
using System.Threading.Tasks;
using Limber.Rest.Handlers;
using Limber.Rest.Tests.Support;

namespace Limber.Rest.Tests;

public sealed class MachineGateTests
{
    [Fact]
    public async Task Stop_RefusesWhatWaitsAndLetsFinishWhatRuns()
    {
        FakeVirtualMachine machine = new();
        using ManualResetEventSlim hold = machine.PauseGate = new ManualResetEventSlim();
        MachineGate gate = new(machine);
        Task running = gate.ChangeAsync(vm => vm.Pause());
        Task waiting = gate.ChangeAsync(vm => vm.Resume());
        gate.BeginStop();

        RestException refusal = await Assert.ThrowsAsync<RestException>(() => waiting);
        Assert.Equal(500, refusal.Status);
        Assert.Equal(["the server is stopping"], refusal.Causes);
        Assert.False(running.IsCompleted);
        hold.Set();
        await running;
        Assert.Equal(["pause"], machine.Calls);
    }

    [Fact]
    public async Task FailedChange_LetsTheNextPass()
    {
        FakeVirtualMachine machine = new() { NextFailure = new InvalidOperationException("first") };
        MachineGate gate = new(machine);
        await Assert.ThrowsAsync<InvalidOperationException>(() => gate.ChangeAsync(vm => vm.Pause()));
        await gate.ChangeAsync(vm => vm.Pause());
        Assert.Equal(["pause", "pause"], machine.Calls);
    }
}
