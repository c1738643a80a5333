using System;
using System.IO;
using System.Linq;
using System.Threading.Tasks;
using Limber.Config.Devices;
using Limber.Control;

namespace Limber.Machine.Tests;

/// <summary>Persistent memory in whole machines, on the host's own <c>/dev/kvm</c>.</summary>
public sealed class PmemTests : IDisposable
{
    private const int Size = 2 << 20;
    private readonly string directory = Directory.CreateTempSubdirectory("pmem").FullName;

    public PmemTests() => Assert.SkipUnless(TinyGuest.HostHasKvm, "needs /dev/kvm");

    public void Dispose() => Directory.Delete(directory, recursive: true);

    [Fact]
    public async Task PlugAndUnplug_ManyTimes_LeavesNothing()
    {
        using var guest = new TinyGuest(TinyGuest.Halt);
        using VirtualMachine vm = guest.Create();
        string path = MakeFile("a", Size);
        int descriptors = 0;
        for (int i = 0; i < 300; i++)
        {
            DevicePlug plug = vm.Devices.PlugDevice(new PmemDeviceConfig { File = path, Id = "p" });
            Assert.Equal("0000:00:01.0", plug.Device.Location.ToString());
            await vm.Devices.UnplugDevice("p").Completion.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
            Assert.Empty(vm.Devices.GetDevices());
            descriptors = i == 0 ? OpenDescriptors.Count() : descriptors;
        }

        // What an earlier test left to the collector may go meanwhile.
        Assert.InRange(OpenDescriptors.Count(), 0, descriptors);
        Assert.DoesNotContain(File.ReadLines("/proc/self/maps"), line => line.EndsWith(path, StringComparison.Ordinal));
    }

    [Fact]
    public void Files_ThatCannotBe_AreRefusedAndLeaveNothing()
    {
        using var guest = new TinyGuest(TinyGuest.Halt);
        using VirtualMachine vm = guest.Create();
        Refuse(vm, new PmemDeviceConfig { File = MakeFile("odd", 4096) }, "4096 bytes of persistent memory");
        Refuse(vm, new PmemDeviceConfig { File = Path.Combine(directory, "nosuch") }, "cannot open");
        Refuse(vm, new PmemDeviceConfig { File = directory }, "needs a size");
        Refuse(vm, new PmemDeviceConfig { File = MakeFile("short", Size), Size = 2 * Size, DiscardWrites = true }, "needs as many");
        Refuse(vm, new PmemDeviceConfig { File = MakeFile("huge", 1), Size = 1UL << 62 }, "");
        vm.Devices.PlugDevice(new PmemDeviceConfig { File = directory, Size = Size });
        Assert.Equal(3, Directory.GetFiles(directory).Length);
        Assert.Single(vm.Devices.GetDevices());
    }

    private static void Refuse(VirtualMachine vm, PmemDeviceConfig config, string reason)
    {
        VmException refused = Assert.Throws<VmException>(() => vm.Devices.PlugDevice(config));
        Assert.Contains(reason, refused.Message, StringComparison.Ordinal);
        Assert.Empty(vm.Devices.GetDevices());
    }

    private string MakeFile(string name, long size)
    {
        string path = Path.Combine(directory, name);
        using FileStream file = File.Create(path);
        file.SetLength(size);
        return path;
    }
}
