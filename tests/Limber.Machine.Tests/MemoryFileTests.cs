using System;
using System.IO;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Limber.Config;
using Limber.Config.Backends;
using Limber.Control;

namespace Limber.Machine.Tests;

/// <summary>DIMMs of files that somebody cuts off.</summary>
public sealed class MemoryFileTests : IDisposable
{
    private const ulong Size = 128UL << 20;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private readonly string path = Path.GetTempFileName();

    public MemoryFileTests() => Assert.SkipUnless(TinyGuest.HostHasKvm, "needs /dev/kvm");

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => File.Delete(path);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Dimm_WhoseFileIsCutOff_IsReportedOnceACut_AndCanBeRemoved(bool shared)
    {
        using var guest = new TinyGuest(TinyGuest.Halt);
        using VirtualMachine vm = guest.Create(
            1, 1, c => c with { Memory = c.Memory with { Slots = 1, MaximumSize = c.Memory.Size + Size } });
        var first = new TaskCompletionSource<VmEvent.MemoryLost>(TaskCreationOptions.RunContinuationsAsynchronously);
        var second = new TaskCompletionSource<VmEvent.MemoryLost>(TaskCreationOptions.RunContinuationsAsynchronously);
        using IDisposable subscription = vm.Subscribe(e =>
        {
            if (e is VmEvent.MemoryLost loss && !first.TrySetResult(loss))
            {
                second.TrySetResult(loss);
            }
        });
        vm.Memory.AddBackend(new MemoryBackendConfig { Name = "m", Size = Size, Kind = MemoryBackendKind.File, Path = path, Share = shared });
        vm.Memory.PlugDimm(new DimmConfig { Id = "d", Backend = "m" });
        vm.Resume();

        Cut(4097);
        VmEvent.MemoryLost loss = await first.Task.WaitAsync(Patience, Stop);
        Assert.Equal(("d", $"memory file '{path}' was cut off: 8192 bytes of it are left, and the rest reads as zeros from now on"), (loss.Device.Id, loss.Reason));
        Cut(0);
        Assert.Contains(": 0 bytes of it are left", (await second.Task.WaitAsync(Patience, Stop)).Reason, StringComparison.Ordinal);
        Assert.Equal(RunState.Running, vm.State);

        vm.Reset(ShutdownReason.HostQmpSystemReset);
        IHotplugOperation removal = vm.Memory.UnplugDimm("d");
        vm.Reset(ShutdownReason.HostQmpSystemReset);
        Assert.Equal(OperationState.Completed, (await removal.Completion.WaitAsync(Patience, Stop)).State);
        vm.Memory.RemoveBackend("m");
        Assert.DoesNotContain(File.ReadLines("/proc/self/maps"), line => line.EndsWith(path, StringComparison.Ordinal));
    }

    private void Cut(long length)
    {
        using FileStream file = new(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
        file.SetLength(length);
    }
}
