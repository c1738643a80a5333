using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Limber.Config;
using Limber.Control;
using static Iced.Intel.AssemblerRegisters;

namespace Limber.Machine.Tests;

/// <summary>The course of operations with guests that answer late, too often, or not at all.</summary>
public sealed class OperationTests
{
    private static readonly TimeSpan Short = OperationDeadline.Shortest;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    public OperationTests() => Assert.SkipUnless(TinyGuest.HostHasKvm, "needs /dev/kvm");

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Deadline_OfTheRequest_ComesBeforeThatOfTheMachine()
    {
        using var guest = new TinyGuest(TinyGuest.Halt);
        using VirtualMachine vm = guest.Create(1, 3, c => c with { OperationDeadline = TimeSpan.FromHours(2) });
        vm.Resume();
        IHotplugOperation patient = vm.PlugCpus([new CpuPlugRequest(1, null)])[0];
        Assert.Equal(TimeSpan.FromHours(2), patient.Current.Deadline - patient.Current.RequestedAt);
        OperationSnapshot end = await vm.PlugCpus([new CpuPlugRequest(2, null)], Short)[0].Completion.WaitAsync(Patience, Stop);
        Assert.Equal(OperationState.TimedOut, end.State);
        Assert.Equal(Short, end.Deadline - end.RequestedAt);
        Assert.Equal("the guest did not react in time; the processor is present, and the guest may be using it", end.Detail);
        Assert.NotNull(vm.GetCpuSlots()[2].Occupant);
        Assert.False(patient.Current.IsFinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-5)]
    [InlineData(864_000)]
    public void Deadline_OutOfRange_IsRefusedWithNothingChanged(int seconds)
    {
        using var guest = new TinyGuest(TinyGuest.Halt);
        using VirtualMachine vm = guest.Create(1, 2);
        VmException e = Assert.Throws<VmException>(() => vm.PlugCpus([new CpuPlugRequest(1, null)], TimeSpan.FromSeconds(seconds)));
        Assert.Contains("0.1 to 86400", e.Message, StringComparison.Ordinal);
        Assert.Null(vm.GetCpuSlots()[1].Occupant);
    }

    [Fact]
    public async Task Deadline_OfARemovalAskedForAgain_BeginsAnew()
    {
        using var guest = new TinyGuest(TinyGuest.Halt);
        using VirtualMachine vm = guest.Create(2, 2);
        vm.Resume();
        IHotplugOperation removal = vm.UnplugCpus([1])[0];
        Assert.Same(removal, vm.UnplugCpus([1], Short)[0]);
        Assert.Equal(OperationState.TimedOut, (await removal.Completion.WaitAsync(Patience, Stop)).State);

        // What timed out is not asked for again by itself: that is another operation, and the first says so.
        IHotplugOperation again = vm.UnplugCpus([1])[0];
        Assert.NotEqual(removal.Current.Id, again.Current.Id);
        Assert.Equal($"asked for again by operation {again.Current.Id}", removal.Current.Aftermath);
    }

    [Fact]
    public async Task Deadline_WhenTheHostsClockIsSet_DoesNotMove()
    {
        using var guest = new TinyGuest(TinyGuest.Halt);
        var clock = new SteppedClock();
        using var vm = VirtualMachine.Create(TinyGuest.Configure(guest.KernelPath, 1, 3), new MachineEnvironment { Time = clock });
        vm.Resume();
        IHotplugOperation plug = vm.PlugCpus([new CpuPlugRequest(1, null)])[0];
        clock.Step = TimeSpan.FromHours(1);
        await vm.PlugCpus([new CpuPlugRequest(2, null)], Short)[0].Completion.WaitAsync(Patience, Stop);
        Assert.False(plug.Current.IsFinal);
        IHotplugOperation removal = vm.UnplugCpus([2], Short)[0];
        clock.Step = TimeSpan.FromHours(-1);
        await removal.Completion.WaitAsync(Patience, Stop);
    }

    [Fact]
    public async Task SuccessAfterTheDeadline_IsNotedAndChangesNoResult()
    {
        var words = new HotplugWords(2);
        using var guest = new TinyGuest(c =>
        {
            words.OutwaitInsert(c, 1);
            words.Ost(c, 1, sourceEvent: 1, status: 0);
            TinyGuest.Halt(c);
        });
        using VirtualMachine vm = guest.Create(1, 2);
        vm.Resume();
        IHotplugOperation plug = vm.PlugCpus([new CpuPlugRequest(1, null)], Short)[0];
        await WaitUntil(() => plug.Current.Aftermath is not null);
        Assert.Equal(OperationState.TimedOut, plug.Current.State);
        Assert.Equal("the guest reported: success", plug.Current.Aftermath);
        Assert.NotNull(vm.GetCpuSlots()[1].Occupant);
    }

    [Fact]
    public async Task EjectAfterAPlugThatTimedOut_IsNotedThere()
    {
        var words = new HotplugWords(2);
        using var guest = new TinyGuest(c =>
        {
            words.OutwaitInsert(c, 1);
            words.Eject(c, 1);
            TinyGuest.Halt(c);
        });
        using VirtualMachine vm = guest.Create(1, 2);
        vm.Resume();
        IHotplugOperation plug = vm.PlugCpus([new CpuPlugRequest(1, null)], Short)[0];
        await WaitUntil(() => vm.GetCpuSlots()[1].Occupant is null);
        Assert.Equal(OperationState.TimedOut, plug.Current.State);
        Assert.Equal("the guest ejected the processor", plug.Current.Aftermath);
    }

    [Fact]
    public async Task EjectAfterTheDeadline_RemovesTheProcessorAllTheSame()
    {
        var words = new HotplugWords(2);
        using var guest = new TinyGuest(c =>
        {
            words.OutwaitRemoval(c, 1);
            words.Eject(c, 1);
            TinyGuest.Halt(c);
        });
        using VirtualMachine vm = guest.Create(2, 2);
        var changes = new List<OperationSnapshot>();
        vm.Subscribe(e =>
        {
            if (e is VmEvent.OperationChanged changed)
            {
                changes.Add(changed.Operation);
            }
        });
        vm.Resume();
        IHotplugOperation removal = vm.UnplugCpus([1], Short)[0];
        await WaitUntil(() => vm.GetCpuSlots()[1].Occupant is null);
        Assert.Equal(OperationState.TimedOut, removal.Current.State);
        Assert.Equal("the guest ejected the processor", removal.Current.Aftermath);
        vm.Quit(ShutdownReason.HostQmpQuit);
        Assert.Contains(changes, c => c.Aftermath is not null);
    }

    [Fact]
    public async Task RefusalOfARemoval_SaysWhyAndThatTheProcessorStays()
    {
        var words = new HotplugWords(2);
        using var guest = new TinyGuest(c =>
        {
            words.AwaitRemoval(c, 1);
            words.Ost(c, 1, sourceEvent: 3, status: 0x82);
            TinyGuest.Halt(c);
        });
        using VirtualMachine vm = guest.Create(2, 2);
        vm.Resume();
        OperationSnapshot end = await vm.UnplugCpus([1])[0].Completion.WaitAsync(Patience, Stop);
        Assert.Equal((OperationState.Refused, 0x82u), (end.State, end.OstStatus));
        Assert.Equal("device busy; the processor stays plugged in", end.Detail);
        Assert.False(vm.GetCpuSlots()[1].Occupant!.RemovalPending);
    }

    [Fact]
    public async Task ReportOnARequestThatTheGuestHasNotRead_IsNoAnswer()
    {
        var words = new HotplugWords(2);
        using var guest = new TinyGuest(c =>
        {
            words.AwaitInsertUnread(c, 1);
            words.Ost(c, 1, sourceEvent: 1, status: 0);
            TinyGuest.Halt(c);
        });
        using VirtualMachine vm = guest.Create(1, 2);
        var reported = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        vm.Subscribe(e =>
        {
            if (e is VmEvent.AcpiDeviceOst)
            {
                reported.TrySetResult();
            }
        });
        vm.Resume();
        IHotplugOperation plug = vm.PlugCpus([new CpuPlugRequest(1, null)])[0];
        await reported.Task.WaitAsync(Patience, Stop);
        Assert.True(plug.TryCancel());
        Assert.Equal(OperationState.Cancelled, plug.Current.State);
    }

    [Fact]
    public async Task ReportsThatDecideNothing_AreLimitedWhileARemovalIsPending()
    {
        // Rate of the machine's clock is zero: the burst is all that may come.
        var words = new HotplugWords(2);
        using var guest = new TinyGuest(c =>
        {
            Iced.Intel.Label again = c.CreateLabel();
            words.AwaitRemoval(c, 1);
            c.mov(ebx, 2000);
            c.Label(ref again);
            words.Ost(c, 1, sourceEvent: 3, status: 0x84);
            words.Ost(c, 1, sourceEvent: 0x103, status: 0x84);
            c.dec(ebx);
            c.jne(again);
            words.Eject(c, 1);
            TinyGuest.Halt(c);
        });
        using var vm = VirtualMachine.Create(TinyGuest.Configure(guest.KernelPath, 2, 2), new MachineEnvironment { Time = new StoppedClock() });
        int reports = 0;
        int changes = 0;
        vm.Subscribe(e =>
        {
            reports += e is VmEvent.AcpiDeviceOst ? 1 : 0;
            changes += e is VmEvent.OperationChanged ? 1 : 0;
        });
        vm.Resume();
        OperationSnapshot end = await vm.UnplugCpus([1])[0].Completion.WaitAsync(Patience, Stop);
        Assert.Equal(OperationState.Completed, end.State);
        Assert.InRange(reports, 1, 201);
        Assert.InRange(changes, 2, 205);
    }

    [Fact]
    public void CancelOfAPlugWhoseRemovalIsPending_EndsBoth()
    {
        using var guest = new TinyGuest(TinyGuest.Halt);
        using VirtualMachine vm = guest.Create(1, 2);
        vm.Resume();
        IHotplugOperation plug = vm.PlugCpus([new CpuPlugRequest(1, "one")])[0];
        IHotplugOperation removal = vm.UnplugCpus([1])[0];
        Assert.True(plug.TryCancel());
        Assert.Equal(OperationState.Cancelled, plug.Current.State);
        Assert.Equal(OperationState.Completed, removal.Current.State);
        Assert.Null(vm.GetCpuSlots()[1].Occupant);
    }

    private static async Task WaitUntil(Func<bool> condition)
    {
        DateTime end = DateTime.UtcNow + Patience;
        while (!condition())
        {
            Assert.True(DateTime.UtcNow < end, "nothing happened in time");
            await Task.Delay(5, Stop);
        }
    }

    private sealed class SteppedClock : TimeProvider
    {
        public TimeSpan Step { get; set; }

        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + Step;
    }

    private sealed class StoppedClock : TimeProvider
    {
        public override long GetTimestamp() => 1;
    }
}
