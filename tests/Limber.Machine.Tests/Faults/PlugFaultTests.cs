using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Threading.Tasks;
using Limber.Config;
using Limber.Config.Backends;
using Limber.Config.Devices;
using Limber.Control;
using Limber.Interop;

namespace Limber.Machine.Tests.Faults;

/// <summary>
/// Plugs on a host that has fewer and fewer descriptors to give: each plug fails as a whole, says what it could not do, and works with the same
/// id at the same place as soon as the host has what it needs.
/// </summary>
public sealed class PlugFaultTests : IDisposable
{
    private const ulong MiB = 1UL << 20;
    private const ulong Granule = 128 * MiB;

    // More than any device opens.
    private const int Enough = 60;
    private const string Tun = "/dev/net/tun";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private readonly string directory = Directory.CreateTempSubdirectory("faults").FullName;

    public PlugFaultTests()
    {
        Assert.SkipUnless(TinyGuest.HostHasKvm, "needs /dev/kvm");
        PreparedCode.Ensure();
    }

    /// <summary>Names of <see cref="Kinds"/>, and whether the guest runs.</summary>
    public static TheoryData<string, bool> Cases
    {
        get
        {
            var data = new TheoryData<string, bool>();
            foreach (string name in Kinds.Keys)
            {
                data.Add(name, false);
            }

            // Only what comes last differs: the place and the notice.
            foreach (string name in (string[])["raw by threads", "two queues of a tap", "persistent memory", "console with ports", "behind a port", "memory device"])
            {
                data.Add(name, true);
            }

            return data;
        }
    }

    private static Dictionary<string, Func<PlugFaultTests, DeviceConfig>> Kinds { get; } = new()
    {
        ["raw by threads"] = t => t.Disk(BlockFormat.Raw, BlockIoEngine.Threads),
        ["raw by the best engine"] = t => t.Disk(BlockFormat.Raw, BlockIoEngine.Auto),
        ["raw, direct"] = t => t.Disk(BlockFormat.Raw, BlockIoEngine.Auto, direct: true),
        ["qcow2"] = t => t.Disk(BlockFormat.Qcow2, BlockIoEngine.Auto),
        ["two queues"] = t => t.Disk(BlockFormat.Raw, BlockIoEngine.Threads) with { Queues = 2 },
        ["named disk"] = _ => new DiskDeviceConfig { Id = "d", Backend = "named" },
        ["card without a cable"] = _ => new NetDeviceConfig { Id = "d" },
        ["tap"] = _ => new NetDeviceConfig { Id = "d", Connection = new TapBackendConfig { Name = "t" } },
        ["two queues of a tap"] = _ => new NetDeviceConfig { Id = "d", Connection = new TapBackendConfig { Name = "t", QueuePairs = 2 } },
        ["named card"] = _ => new NetDeviceConfig { Id = "d", Backend = "cable" },
        ["entropy"] = _ => new RngDeviceConfig { Id = "d" },
        ["entropy of a file"] = t => new RngDeviceConfig { Id = "d", Source = t.MakeFile("source", 4096) },
        ["balloon"] = _ => new BalloonDeviceConfig { Id = "d" },
        ["sockets"] = t => new VsockDeviceConfig { Id = "d", ContextId = 3, Socket = t.PathOf("vsock") },
        ["persistent memory"] = t => new PmemDeviceConfig { Id = "d", File = t.MakeFile("pmem", 2 << 20) },
        ["file system"] = t => new FsDeviceConfig { Id = "d", Tag = "t", Socket = t.PathOf("fs") },
        ["console"] = t => ConsoleDeviceConfig.ForConsole(new ChardevConfig.File(t.PathOf("console")), "d"),
        ["console with ports"] = t => new ConsoleDeviceConfig
        {
            Id = "d",
            MaximumPorts = 5,
            Ports =
            [
                new ConsolePortConfig { Id = "p1", Name = "p1", Backend = new ChardevConfig.File(t.PathOf("p1")) },
                new ConsolePortConfig { Id = "p2", Name = "p2", Backend = new ChardevConfig.UnixSocket(t.PathOf("p2"), Server: true, Wait: false) },
                new ConsolePortConfig { Id = "p3", Name = "p3", Backend = new ChardevConfig.Pty() },
                new ConsolePortConfig { Id = "p4", Name = ConsolePortConfig.GuestAgentName },
            ],
        },
        ["behind a port"] = _ => new RngDeviceConfig { Id = "d", Bus = "rp0" },
        ["memory device"] = _ => new VirtioMemDeviceConfig { Id = "d", Memory = new MemoryBackendConfig { Name = "m", Size = Granule, Share = true } },
    };

    public void Dispose() => Directory.Delete(directory, recursive: true);

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Device_WithoutDescriptors_IsNotThere_AndIsLater(string kind, bool started)
    {
        Assert.SkipWhen((kind.Contains("tap", StringComparison.Ordinal) || kind == "named card") && !File.Exists(Tun), "needs /dev/net/tun");
        using var guest = new TinyGuest(TinyGuest.Halt);
        using var server = new FileSystemServer(PathOf("fs"));
        using VirtualMachine vm = Create(guest);
        DeviceConfig config = Kinds[kind](this);
        if (started)
        {
            vm.Resume();
        }

        string place = await WarmUp(vm, config);
        Exhaust(vm, kind, () => Assert.Equal(place, vm.Devices.PlugDevice(config).Device.Location.ToString()));
        Assert.Equal("d", Assert.Single(vm.Devices.GetDevices(), d => d.Config is not RootPortConfig).Id);
    }

    [Theory]
    [InlineData(MemoryBackendKind.Ram, false)]
    [InlineData(MemoryBackendKind.Ram, true)]
    [InlineData(MemoryBackendKind.Memfd, true)]
    [InlineData(MemoryBackendKind.File, true)]
    public async Task Dimm_WithoutDescriptors_IsNotThere_AndIsLater(MemoryBackendKind kind, bool started)
    {
        using var guest = new TinyGuest(TinyGuest.Halt);
        using VirtualMachine vm = Create(guest);
        vm.Memory.AddBackend(new MemoryBackendConfig
        {
            Name = "m",
            Kind = kind,
            Size = Granule,
            Share = true,
            Path = kind == MemoryBackendKind.File ? MakeFile("dimm", 0) : null,
        });
        var config = new DimmConfig { Id = "d", Backend = "m" };
        vm.Memory.PlugDimm(config);
        await vm.Memory.UnplugDimm("d").Completion.WaitAsync(Patience, TestContext.Current.CancellationToken);
        if (started)
        {
            vm.Resume();
        }

        Exhaust(vm, $"DIMM of {kind}", () => vm.Memory.PlugDimm(config));
        Assert.Equal(("d", 0, 4UL << 30), vm.Memory.GetMemoryDevices().Select(d => (d.Id, d.Slot, d.Address)).Single());
        vm.Memory.UnplugDimm("d");
    }

    [Theory]
    [InlineData("raw")]
    [InlineData("qcow2")]
    [InlineData("tap")]
    public void Backend_WithoutDescriptors_IsNotThere_AndIsLater(string kind)
    {
        Assert.SkipWhen(kind == "tap" && !File.Exists(Tun), "needs /dev/net/tun");
        using var guest = new TinyGuest(TinyGuest.Halt);
        using VirtualMachine vm = Create(guest);
        BackendConfig config = kind == "tap"
            ? new TapBackendConfig { Name = "b", QueuePairs = 2 }
            : new BlockBackendConfig { Name = "b", Image = Disk(kind == "raw" ? BlockFormat.Raw : BlockFormat.Qcow2, BlockIoEngine.Auto).Image! };
        vm.Devices.AddBackend(config);
        Remove();
        Exhaust(vm, $"backend of {kind}", () => vm.Devices.AddBackend(config));
        Remove();

        void Remove()
        {
            if (kind == "tap")
            {
                vm.Devices.RemoveNetBackend("b");
            }
            else
            {
                vm.Devices.RemoveBlockBackend("b");
            }
        }
    }

    [Fact]
    public async Task Dimm_WhoseFileCannotBeLookedAfter_IsUnmappedOnce()
    {
        using var guest = new TinyGuest(TinyGuest.Halt);
        using VirtualMachine vm = Create(guest);
        vm.Memory.AddBackend(new MemoryBackendConfig { Name = "m", Kind = MemoryBackendKind.File, Size = Granule, Share = true, Path = MakeFile("dimm", 0) });
        var config = new DimmConfig { Id = "d", Backend = "m" };
        vm.Memory.PlugDimm(config);
        await vm.Memory.UnplugDimm("d").Completion.WaitAsync(Patience, TestContext.Current.CancellationToken);
        Exhaust(vm, "DIMM of a file", () => vm.Memory.PlugDimm(config));

        // What is put in the place of a mapping that failed stays when the collector looks at what the failures left.
        using HostMapping other = HostMapping.AllocatePrivate(Granule, "other");
        GC.Collect();
        GC.WaitForPendingFinalizers();
        Assert.Contains(File.ReadLines("/proc/self/maps"), line => line.StartsWith($"{other.Address:x}-", StringComparison.Ordinal) || line.Contains($"-{other.Address + (nint)Granule:x} ", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("file")]
    [InlineData("server")]
    [InlineData("terminal")]
    [InlineData("agent")]
    public void Port_WithoutDescriptors_IsNotThere_AndIsLater(string kind)
    {
        using var guest = new TinyGuest(TinyGuest.Halt);
        using VirtualMachine vm = Create(guest);
        vm.Devices.PlugDevice(new ConsoleDeviceConfig { Id = "board", MaximumPorts = 2 });
        ChardevConfig? backend = kind switch
        {
            "file" => new ChardevConfig.File(PathOf("port")),
            "server" => new ChardevConfig.UnixSocket(PathOf("port"), Server: true, Wait: false),
            "terminal" => new ChardevConfig.Pty(),
            _ => null,
        };
        var config = new ConsolePortConfig { Id = "p", Name = backend is null ? ConsolePortConfig.GuestAgentName : "p", Backend = backend };
        vm.Devices.PlugPort(config, null);
        Assert.True(vm.Devices.TryUnplugPort("p"));
        vm.Resume();
        Exhaust(vm, $"port of {kind}", () => vm.Devices.PlugPort(config, null), mayNeedNone: backend is null);
        Assert.True(vm.Devices.TryUnplugPort("p"));
    }

    private VirtualMachine Create(TinyGuest guest)
    {
        VirtualMachine vm = guest.Create(1, 1, c => c with
        {
            Memory = c.Memory with { Shared = true, Slots = 4, MaximumSize = 16 * MiB + (16 * Granule) },
            PciDevices = [new RootPortConfig { Id = "rp0" }],
        });
        vm.Devices.AddBackend(new BlockBackendConfig { Name = "named", Image = new BlockImageConfig { Path = MakeFile("named", 1 << 20), Format = BlockFormat.Raw } });
        if (File.Exists(Tun))
        {
            vm.Devices.AddBackend(new TapBackendConfig { Name = "cable" });
        }

        return vm;
    }

    // What the runtime needs for the way in and out is loaded once; the machine is as before.
    private static async Task<string> WarmUp(VirtualMachine vm, DeviceConfig config)
    {
        Assert.Throws<VmException>(() => vm.Devices.PlugDevice(new FsDeviceConfig { Tag = "t", Socket = "/nonexistent" }));
        string place = vm.Devices.PlugDevice(config).Device.Location.ToString();
        IHotplugOperation removal = vm.Devices.UnplugDevice("d");
        if (vm.State == RunState.Running)
        {
            // This guest answers nothing.
            vm.Reset(ShutdownReason.HostQmpSystemReset);
        }

        await removal.Completion.WaitAsync(Patience, TestContext.Current.CancellationToken);
        Assert.DoesNotContain(vm.Devices.GetDevices(), d => d.Id == "d");
        return place;
    }

    private void Exhaust(VirtualMachine vm, string kind, Action plug, bool mayNeedNone = false)
    {
        HostTraces Read() => HostTraces.Read(directory, Granule);

        // What earlier tests left to the collector must not go meanwhile.
        GC.Collect();
        GC.WaitForPendingFinalizers();
        string state = Describe(vm);
        HostTraces before = Read();
        var errors = new List<string>();
        var findings = new List<string>();
        for (int left = 0; left < Enough; left++)
        {
            VmException? refused = null;
            using (new DescriptorLimit(left))
            {
                try
                {
                    plug();
                }
                catch (VmException e)
                {
                    refused = e;
                }
            }

            if (refused is null)
            {
                TestContext.Current.TestOutputHelper?.WriteLine($"{kind}: {left} descriptors\n{string.Join('\n', errors)}");
                Assert.True(mayNeedNone || left > 0);
                Assert.Equal("", string.Join('\n', findings));
                return;
            }

            errors.Add($"{left}: {refused.Code} {refused.Message}");
            findings.AddRange(HostTraces.FindLeft(before, Read).Select(l => $"with {left} descriptors: {l}"));
            Assert.Equal(VmErrorCode.HostFailure, refused.Code);
            Assert.Equal(state, Describe(vm));
        }

        Assert.Fail($"{kind}: {errors[^1]}");
    }

    private static string Describe(VirtualMachine vm) => string.Join(
        '\n',
        vm.Devices.GetDevices().Select(d => $"{d.Id} {d.Location}")
            .Concat(vm.Memory.GetMemoryDevices().Select(d => $"{d.Id} {d.Address:x}"))
            .Concat(vm.Devices.GetBackends().Select(b => $"{b.Config.Name} {b.UserPath}"))
            .Append(vm.Memory.GetSummary().ToString())
            .Append($"{vm.GetOperations().Count} operations"));

    private DiskDeviceConfig Disk(BlockFormat format, BlockIoEngine engine, bool direct = false) => new()
    {
        Id = "d",
        Image = new BlockImageConfig
        {
            Path = format == BlockFormat.Raw ? MakeFile("disk", 1 << 20) : SmallFiles.MakeQcow2(PathOf("disk")),
            Format = format,
            Engine = engine,
            Direct = direct,
        },
    };

    private string PathOf(string name) => Path.Combine(directory, name);

    private string MakeFile(string name, long size) => SmallFiles.MakeEmpty(PathOf(name), size);
}
