using System;
using System.IO;
using System.Linq;
using System.Runtime.InteropServices;
using System.Threading;
using System.Threading.Tasks;
using Iced.Intel;
using Limber.Config;
using Limber.Control;
using static Iced.Intel.AssemblerRegisters;

namespace Limber.Machine.Tests;

/// <summary>Hosts that run out of something half way, and orders that come at the worst moment.</summary>
public sealed partial class FaultTests
{
    private const int RLIMIT_NOFILE = 7;

    public FaultTests() => Assert.SkipUnless(TinyGuest.HostHasKvm, "needs /dev/kvm");

    [Fact]
    public void Plug_WhenTheHostHasNoMoreThreads_PlugsNoneAndWorksLater()
    {
        using var guest = new TinyGuest(TinyGuest.Halt);
        int allowed = 2;
        using VirtualMachine vm = Create(guest, 1, 4, () => allowed-- > 0);
        vm.Resume();
        CpuPlugRequest[] requests = [new(1, "a"), new(2, "b"), new(3, null)];
        VmException e = Assert.Throws<VmException>(() => vm.PlugCpus(requests));
        Assert.Equal(VmErrorCode.HostFailure, e.Code);
        Assert.Contains("cannot start the thread vcpu2", e.Message, StringComparison.Ordinal);
        Assert.Equal([0], Occupied(vm));
        Assert.Empty(vm.GetOperations());
        allowed = 3;
        Assert.Equal(3, vm.PlugCpus(requests).Count);
        Assert.Equal("/machine/peripheral-anon/device[0]", vm.GetCpuSlots()[3].Occupant!.Path);
    }

    [Fact]
    public void Create_WhenTheHostHasNoMoreThreads_LeavesNothingBehind()
    {
        using var guest = new TinyGuest(TinyGuest.Halt);
        for (int i = 0; i < 3; i++)
        {
            int allowed = 3;
            Assert.Throws<VmException>(() => Create(guest, 6, 8, () => allowed-- > 0));
        }

        Assert.DoesNotContain(Directory.GetDirectories("/proc/self/task"), t => ReadName(t).StartsWith("vcpu", StringComparison.Ordinal));
        Assert.DoesNotContain(OpenDescriptors.Read(), d => d.Target.Contains("kvm-vcpu", StringComparison.Ordinal));
    }

    [Fact]
    public void Plug_WithoutFreeDescriptors_PlugsNoneAndWorksLater()
    {
        using var guest = new TinyGuest(TinyGuest.Halt);
        using VirtualMachine vm = guest.Create(1, 4);
        vm.Resume();
        CpuPlugRequest[] requests = [new(1, "a"), new(2, "b"), new(3, "c")];
        Limit old = default;
        Assert.Equal(0, getrlimit(RLIMIT_NOFILE, ref old));

        // Descriptors are numbered from the lowest free one: room for one more.
        using var probe = File.OpenRead("/dev/null");
        Limit tight = old with { Soft = (ulong)probe.SafeFileHandle.DangerousGetHandle() + 1 };
        probe.Dispose();
        Assert.Equal(0, setrlimit(RLIMIT_NOFILE, ref tight));
        try
        {
            VmException e = Assert.Throws<VmException>(() => vm.PlugCpus(requests));
            Assert.Equal(VmErrorCode.HostFailure, e.Code);
        }
        finally
        {
            setrlimit(RLIMIT_NOFILE, ref old);
        }

        Assert.Equal([0], Occupied(vm));
        Assert.Equal(3, vm.PlugCpus(requests).Count);
    }

    [Fact]
    public async Task PauseRightAfterResume_NeverWaitsForTheGuest()
    {
        // A guest that never leaves by itself: a lost order would wait for ever.
        using var guest = new TinyGuest(c =>
        {
            Label forever = c.CreateLabel();
            c.nop();
            c.Label(ref forever);
            c.jmp(forever);
        });
        using VirtualMachine vm = guest.Create();
        Task storm = Task.Factory.StartNew(
            () =>
            {
                for (int i = 0; i < 5000; i++)
                {
                    vm.Resume();

                    // So that the order comes at every moment of the thread's way back to the guest.
                    Thread.SpinWait(i % 500);
                    vm.Pause();
                }
            },
            TestContext.Current.CancellationToken,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default);
        await storm.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
    }

    [Fact]
    public void PluggedProcessor_ThatGotAStartUpMessageWhileItWasParked_DoesNotRun()
    {
        using var guest = new TinyGuest(c =>
        {
            // At 0x8000, for the processor that must not start: mov dx, 0x3f8; mov al, 'A'; out dx, al; jmp to itself.
            c.mov(__dword_ptr[0x8000], unchecked((int)0xB003F8BA));
            c.mov(__dword_ptr[0x8004], unchecked((int)0xFEEBEE41));

            // INIT and SIPI to APIC 1, which is parked.
            c.mov(__dword_ptr[0xFEE00310], 0x0100_0000);
            c.mov(__dword_ptr[0xFEE00300], 0x0000_4500);
            c.mov(__dword_ptr[0xFEE00300], 0x0000_4608);
            Label loop = c.CreateLabel();
            c.Label(ref loop);
            TinyGuest.Print(c, '.');
            c.jmp(loop);
        });
        using VirtualMachine vm = guest.Create(1, 2);
        vm.PlugCpus([new CpuPlugRequest(1, null)]);
        vm.UnplugCpus([1]);
        vm.Resume();
        guest.Serial.WaitFor(".", 3);
        vm.PlugCpus([new CpuPlugRequest(1, null)]);
        guest.Serial.WaitFor(".", guest.Serial.Text.Length + 200);
        Assert.DoesNotContain('A', guest.Serial.Text);
    }

    private static VirtualMachine Create(TinyGuest guest, int boot, int max, Func<bool> mayStart)
    {
        VmConfig config = TinyGuest.Configure(guest.KernelPath, boot, max);
        return VirtualMachine.Create(config, new MachineEnvironment { StartThread = Start });

        void Start(Thread thread)
        {
            if (!mayStart())
            {
                throw new OutOfMemoryException();
            }

            thread.Start();
        }
    }

    private static int[] Occupied(VirtualMachine vm) => [.. vm.GetCpuSlots().Where(s => s.Occupant is not null).Select(s => s.Index)];

    private static string ReadName(string task)
    {
        try
        {
            return File.ReadAllText(task + "/comm");
        }
        catch (IOException)
        {
            return "";
        }
    }

    [LibraryImport("libc")]
    private static partial int getrlimit(int resource, ref Limit limit);

    [LibraryImport("libc")]
    private static partial int setrlimit(int resource, ref Limit limit);

    private record struct Limit(ulong Soft, ulong Hard);
}
