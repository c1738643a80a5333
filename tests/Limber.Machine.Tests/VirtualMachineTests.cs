using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Iced.Intel;
using Limber.Boot;
using Limber.Config;
using Limber.Control;
using static Iced.Intel.AssemblerRegisters;

namespace Limber.Machine.Tests;

/// <summary>Whole machines with guests of a few instructions, on the host's own <c>/dev/kvm</c>.</summary>
public sealed class VirtualMachineTests
{
    public VirtualMachineTests() => Assert.SkipUnless(TinyGuest.HostHasKvm, "needs /dev/kvm");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task WithoutKernel_SaysSoOnTheSerialPort()
    {
        var serial = new MemoryBackend();
        using var vm = VirtualMachine.Create(TinyGuest.Configure(kernel: null), new MachineEnvironment { SerialBackends = [serial] });
        vm.Resume();
        serial.WaitFor(HaltNotice.Message);
        vm.Quit(ShutdownReason.HostQmpQuit);
        Assert.Equal(0, await vm.Completion.WaitAsync(TimeSpan.FromSeconds(10), Cancel));
    }

    [Fact]
    public async Task PowerOff_EndsWithZeroAndOneEvent()
    {
        using var guest = new TinyGuest(c =>
        {
            TinyGuest.Print(c, 'x');
            Out(c, 0x600, 0x34);
            TinyGuest.Halt(c);
        });
        using VirtualMachine vm = guest.Create();
        List<VmEvent> events = Record(vm);
        vm.Resume();
        Assert.Equal(0, await vm.Completion.WaitAsync(TimeSpan.FromSeconds(10), Cancel));
        Assert.Equal("x", guest.Serial.Text);
        VmEvent.Shutdown shutdown = Assert.Single(events.OfType<VmEvent.Shutdown>());
        Assert.Equal((true, ShutdownReason.GuestShutdown), (shutdown.ByGuest, shutdown.Reason));
    }

    [Theory]
    [InlineData(0x602, 1)]
    [InlineData(0x64, 0xFE)]
    [InlineData(0x92, 1)]
    public void ResetPorts_RebootInTheSameProcess(int port, int value) => ExpectReboots(c => Out(c, (ushort)port, (byte)value));

    [Fact]
    public void TripleFault_Reboots() => ExpectReboots(c =>
    {
        // An interrupt table of no length, and an interrupt.
        c.lidt(__dword_ptr[0x7000]);
        c.ud2();
    });

    [Fact]
    public void JumpToTheFirmwaresResetVector_Reboots() => ExpectReboots(c =>
    {
        // The same bytes mean the same to a 32-bit processor, but for the operand size of the first instruction.
        c.mov(dx, 0x602);
        c.mov(eax, 0xFFFF3);
        c.jmp(eax);
    });

    [Fact]
    public void Reset_ReturnsMemoryToItsFirstState()
    {
        using var guest = new TinyGuest(c =>
        {
            // Prints 'a' the first time and 'b' if what it wrote is still there.
            Label seen = c.CreateLabel();
            Label done = c.CreateLabel();
            c.cmp(__dword_ptr[0x20_0000], 0x12345678);
            c.je(seen);
            c.mov(__dword_ptr[0x20_0000], 0x12345678);
            TinyGuest.Print(c, 'a');
            c.jmp(done);
            c.Label(ref seen);
            TinyGuest.Print(c, 'b');
            c.Label(ref done);
            TinyGuest.Halt(c);
        });
        using VirtualMachine vm = guest.Create();
        vm.Resume();
        guest.Serial.WaitFor("a");
        vm.Reset(ShutdownReason.HostQmpSystemReset);
        guest.Serial.WaitFor("a", 2);
        Assert.Equal("aa", guest.Serial.Text);
    }

    [Fact]
    public void PowerOff_ThenResume_BootsAgain()
    {
        using var guest = new TinyGuest(c =>
        {
            TinyGuest.Print(c, 'a');
            TinyGuest.Halt(c);
        });
        using VirtualMachine vm = guest.Create();
        var events = new System.Collections.Concurrent.ConcurrentQueue<VmEvent>();
        using IDisposable subscription = vm.Subscribe(events.Enqueue);
        vm.PowerOff(ShutdownReason.HostQmpQuit);
        Assert.Empty(events);
        vm.Resume();
        guest.Serial.WaitFor("a");
        vm.PowerOff(ShutdownReason.HostQmpQuit);
        Assert.Equal(RunState.Prelaunch, vm.State);
        Assert.Equal([typeof(VmEvent.Resumed), typeof(VmEvent.Shutdown), typeof(VmEvent.Stopped)], events.Select(e => e.GetType()));
        Assert.False(vm.Completion.IsCompleted);
        vm.Resume();
        guest.Serial.WaitFor("a", 2);
        Assert.Equal("aa", guest.Serial.Text);
    }

    [Fact]
    public void PauseAndResume_StopAndContinueTheGuest()
    {
        using var guest = new TinyGuest(c =>
        {
            Label loop = c.CreateLabel();
            c.Label(ref loop);
            TinyGuest.Print(c, '.');
            c.jmp(loop);
        });
        using VirtualMachine vm = guest.Create();
        List<VmEvent> events = Record(vm);
        vm.Resume();
        guest.Serial.WaitFor(".", 10);
        for (int i = 0; i < 50; i++)
        {
            vm.Pause();
            int length = guest.Serial.Text.Length;
            Assert.Equal(RunState.Paused, vm.State);
            Assert.Equal(length, guest.Serial.Text.Length);
            vm.Resume();
        }

        guest.Serial.WaitFor(".", guest.Serial.Text.Length + 10);
        vm.Quit(ShutdownReason.HostQmpQuit);
        Assert.Equal(50, events.OfType<VmEvent.Stopped>().Count());
        Assert.Equal(51, events.OfType<VmEvent.Resumed>().Count());
    }

    [Fact]
    public void Plug_StartsAThreadAndRemovalBeforeTheStartEndsIt()
    {
        using var guest = new TinyGuest(TinyGuest.Halt);
        using VirtualMachine vm = guest.Create(boot: 1, max: 4);
        vm.PlugCpus([new CpuPlugRequest(2, "two"), new CpuPlugRequest(3, null)]);
        Assert.Equal([0, 2, 3], Occupied(vm));
        Assert.Equal(3, CountVcpuThreads(vm));
        Assert.All(vm.GetOperations(), o => Assert.Equal(OperationState.Completed, o.Current.State));
        vm.UnplugCpus([2]);
        Assert.Equal([0, 3], Occupied(vm));
        Assert.Equal(2, CountVcpuThreads(vm));
        vm.PlugCpus([new CpuPlugRequest(2, "two")]);
        Assert.Equal("/machine/peripheral/two", vm.GetCpuSlots()[2].Occupant!.Path);
    }

    [Fact]
    public void PlugOfSeveral_ThatCannotAllBeDone_DoesNone()
    {
        using var guest = new TinyGuest(TinyGuest.Halt);
        using VirtualMachine vm = guest.Create(boot: 1, max: 4);
        AssertRefused(VmErrorCode.CpuSlotOccupied, new CpuPlugRequest(1, "a"), new CpuPlugRequest(0, "b"));
        AssertRefused(VmErrorCode.CpuIndexOutOfRange, new CpuPlugRequest(1, "a"), new CpuPlugRequest(4, "b"));
        AssertRefused(VmErrorCode.CpuIndexOutOfRange, new CpuPlugRequest(-1, "a"));
        AssertRefused(VmErrorCode.DuplicateId, new CpuPlugRequest(1, "a"), new CpuPlugRequest(2, "a"));
        AssertRefused(VmErrorCode.CpuSlotOccupied, new CpuPlugRequest(1, "a"), new CpuPlugRequest(1, "b"));
        Assert.Equal([0], Occupied(vm));
        Assert.Equal(VmErrorCode.BootCpu, Assert.Throws<VmException>(() => vm.UnplugCpus([0])).Code);
        Assert.Equal(VmErrorCode.CpuSlotEmpty, Assert.Throws<VmException>(() => vm.UnplugCpus([1])).Code);

        void AssertRefused(VmErrorCode code, params CpuPlugRequest[] requests) =>
            Assert.Equal(code, Assert.Throws<VmException>(() => vm.PlugCpus(requests)).Code);
    }

    [Fact]
    public void GuestThatNeverAnswers_LeavesAVisibleOperationThatCanBeCancelled()
    {
        using var guest = new TinyGuest(TinyGuest.Halt);
        using VirtualMachine vm = guest.Create(boot: 1, max: 2);
        List<VmEvent> events = Record(vm);
        vm.Resume();
        IHotplugOperation plug = vm.PlugCpus([new CpuPlugRequest(1, "one")])[0];
        Assert.Equal(OperationState.Notified, plug.Current.State);
        IHotplugOperation removal = vm.UnplugCpus([1])[0];
        Assert.Same(removal, vm.UnplugCpus([1])[0]);
        Assert.True(vm.GetCpuSlots()[1].Occupant!.RemovalPending);
        Assert.True(removal.TryCancel());
        Assert.False(removal.TryCancel());
        Assert.Equal(OperationState.Cancelled, removal.Current.State);
        Assert.True(plug.TryCancel());
        Assert.Equal([0], Occupied(vm));
        Assert.Single(events.OfType<VmEvent.DeviceDeleted>());
    }

    [Fact]
    public void Reset_CompletesPendingRemovalsAndKeepsPluggedProcessors()
    {
        using var guest = new TinyGuest(TinyGuest.Halt);
        using VirtualMachine vm = guest.Create(boot: 1, max: 4);
        vm.Resume();
        vm.PlugCpus([new CpuPlugRequest(1, "one"), new CpuPlugRequest(2, "two")]);
        IHotplugOperation removal = vm.UnplugCpus([1])[0];
        vm.Reset(ShutdownReason.HostQmpSystemReset);
        Assert.Equal(OperationState.Completed, removal.Current.State);
        Assert.Equal([0, 2], Occupied(vm));
        Assert.Equal(2, CountVcpuThreads(vm));
    }

    [Fact]
    public void GuestThatRingsTheDoorbellAtFullSpeed_HarmsOnlyItself()
    {
        using var guest = new TinyGuest(c =>
        {
            // For every processor that can exist, and as many that can't: eject, status, and a value without a meaning.
            Label loop = c.CreateLabel();
            c.xor(ebx, ebx);
            c.mov(dx, 0x620);
            c.Label(ref loop);
            foreach (int kind in (int[])[0, 0x10000, 0x20000])
            {
                c.mov(eax, ebx);
                c.or(eax, kind);
                c.@out(dx, eax);
            }

            c.add(ebx, 1);
            c.and(ebx, 0xF);
            c.jmp(loop);
        });
        using VirtualMachine vm = guest.Create(boot: 1, max: 8);
        int reports = 0;
        vm.Subscribe(e => reports += e is VmEvent.AcpiDeviceOst ? 1 : 0);
        vm.Resume();
        long start = Stopwatch.GetTimestamp();
        for (int i = 0; i < 20; i++)
        {
            vm.PlugCpus([new CpuPlugRequest(3, "victim")]);

            // The guest ejects it at once, unasked; that is its right.
            WaitUntil(() => vm.GetCpuSlots()[3].Occupant is null);
        }

        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        Assert.InRange(reports, 1, 500 + (int)(seconds * 200));
        Assert.Equal([0], Occupied(vm));
        Assert.Equal(1, CountVcpuThreads(vm));
        Assert.Contains(vm.GuestErrors.GetCounts(), c => c.Device == "cpu-hotplug" && c.Count > 100);
        vm.Pause();
        Assert.Equal(RunState.Paused, vm.State);
    }

    [Fact]
    public void ThousandPlugsAndRemovals_LeaveNothingBehind()
    {
        using var guest = new TinyGuest(TinyGuest.Halt);
        using VirtualMachine vm = guest.Create(boot: 1, max: 4);
        vm.Resume();
        Cycle(vm);
        int descriptors = Directory.GetFiles("/proc/self/fd").Length;
        int threads = Directory.GetDirectories("/proc/self/task").Length;
        for (int i = 0; i < 1000; i++)
        {
            Cycle(vm);
        }

        Assert.InRange(Directory.GetFiles("/proc/self/fd").Length, 0, descriptors + 8);
        Assert.InRange(Directory.GetDirectories("/proc/self/task").Length, 0, threads + 8);
        Assert.InRange(vm.GetOperations().Count, 1, 300);

        static void Cycle(VirtualMachine vm)
        {
            IHotplugOperation plug = vm.PlugCpus([new CpuPlugRequest(1, "one")])[0];
            Assert.True(plug.TryCancel());
        }
    }

    [Fact]
    public async Task Dispose_EndsEverything()
    {
        using var guest = new TinyGuest(TinyGuest.Halt);
        VirtualMachine vm = guest.Create(boot: 2, max: 2);
        vm.Resume();
        vm.Dispose();
        Assert.Equal(0, await vm.Completion);
        Assert.Equal(VmErrorCode.InvalidState, Assert.Throws<VmException>(vm.Resume).Code);
        vm.Dispose();
    }

    [Theory]
    [InlineData("nosuch/kernel", "nosuch/kernel")]
    public void Create_WithAMissingKernel_NamesIt(string kernel, string wanted)
    {
        VmException e = Assert.Throws<VmException>(() => VirtualMachine.Create(TinyGuest.Configure(kernel), new MachineEnvironment()));
        Assert.Contains(wanted, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Create_WithoutHypervisor_NamesTheDevice()
    {
        VmException e = Assert.Throws<VmException>(
            () => VirtualMachine.Create(TinyGuest.Configure(null), new MachineEnvironment { KvmPath = "/dev/null" }));
        Assert.Contains("/dev/null is not the KVM device", e.Message, StringComparison.Ordinal);
    }

    private static void ExpectReboots(Action<Assembler> reset)
    {
        using var guest = new TinyGuest(c =>
        {
            TinyGuest.Print(c, 'r');
            reset(c);
            TinyGuest.Halt(c);
        });
        using VirtualMachine vm = guest.Create();
        List<VmEvent> events = Record(vm);
        vm.Resume();
        guest.Serial.WaitFor("r", 4);
        vm.Quit(ShutdownReason.HostQmpQuit);
        Assert.All(events.OfType<VmEvent.Reset>(), r => Assert.Equal((true, ShutdownReason.GuestReset), (r.ByGuest, r.Reason)));
        Assert.InRange(events.OfType<VmEvent.Reset>().Count(), 3, int.MaxValue);
    }

    private static void Out(Assembler c, ushort port, byte value)
    {
        c.mov(dx, port);
        c.mov(al, value);
        c.@out(dx, al);
    }

    [Fact]
    public void Eject_WhenItIsPublished_ItsThreadIsNoProcessorAnyMore()
    {
        using var guest = new TinyGuest(c =>
        {
            c.mov(dx, 0x620);
            c.mov(eax, 3);
            c.@out(dx, eax);
            c.hlt();
        });
        using VirtualMachine vm = guest.Create(boot: 1, max: 4);
        vm.PlugCpus([new CpuPlugRequest(3, "victim")]);
        string thread = $"/proc/self/task/{vm.GetCpuSlots()[3].Occupant!.ThreadId}";
        Assert.Equal("vcpu3", File.ReadAllText(thread + "/comm").Trim());
        var names = new List<string>();
        vm.Subscribe(e =>
        {
            if (e is VmEvent.DeviceDeleted)
            {
                names.Add(ReadNameOrNothing(thread));
            }
        });
        vm.Resume();
        WaitUntil(() => vm.GetCpuSlots()[3].Occupant is null);
        Assert.Contains(Assert.Single(names), (string[])["gone-vcpu3", ""]);
        vm.PlugCpus([new CpuPlugRequest(3, "victim")]);
        Assert.Equal("vcpu3", File.ReadAllText($"/proc/self/task/{vm.GetCpuSlots()[3].Occupant!.ThreadId}/comm").Trim());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Plug_OfASlotThatWasUsed_TakesItsThreadAgain(bool running)
    {
        using var guest = new TinyGuest(TinyGuest.Halt);
        using VirtualMachine vm = guest.Create(boot: 1, max: 4);
        if (running)
        {
            vm.Resume();
        }

        int first = PlugAndTakeBack(vm);
        vm.Reset(ShutdownReason.HostQmpSystemReset);
        for (int i = 0; i < 100; i++)
        {
            Assert.Equal(first, PlugAndTakeBack(vm));
        }

        Assert.Equal([0], Occupied(vm));

        static int PlugAndTakeBack(VirtualMachine vm)
        {
            IHotplugOperation plug = vm.PlugCpus([new CpuPlugRequest(2, "two")])[0];
            int thread = vm.GetCpuSlots()[2].Occupant!.ThreadId;
            Assert.Equal("vcpu2", ReadNameOrNothing($"/proc/self/task/{thread}"));
            if (!plug.TryCancel())
            {
                vm.UnplugCpus([2]);
            }

            Assert.Equal("gone-vcpu2", ReadNameOrNothing($"/proc/self/task/{thread}"));
            return thread;
        }
    }

    private static string ReadNameOrNothing(string thread)
    {
        try
        {
            return File.ReadAllText(thread + "/comm").Trim();
        }
        catch (IOException)
        {
            return "";
        }
    }

    private static List<VmEvent> Record(VirtualMachine vm)
    {
        var events = new List<VmEvent>();
        vm.Subscribe(events.Add);
        return events;
    }

    private static IEnumerable<int> Occupied(VirtualMachine vm) => vm.GetCpuSlots().Where(s => s.Occupant is not null).Select(s => s.Index);

    private static int CountVcpuThreads(VirtualMachine vm) =>
        vm.GetCpuSlots().Count(s => s.Occupant is { } o && Directory.Exists($"/proc/self/task/{o.ThreadId}"));

    private static void WaitUntil(Func<bool> condition)
    {
        long start = Stopwatch.GetTimestamp();
        while (!condition())
        {
            Assert.True(Stopwatch.GetElapsedTime(start).TotalSeconds < 20, "nothing happened in 20 s");
            Thread.Sleep(1);
        }
    }
}
