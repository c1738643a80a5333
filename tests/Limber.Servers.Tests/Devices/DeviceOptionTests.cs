using System;
using System.Collections.Generic;
using System.Linq;
using Limber.Config;
using Limber.Config.Backends;
using Limber.Config.Devices;
using Limber.DeviceOptions;
using Limber.DeviceOptions.Backends;

namespace Limber.Servers.Tests.Devices;

/// <summary>The reader of device options that the command line and the monitors share.</summary>
public sealed class DeviceOptionTests
{
    private static readonly string[] s_words =
    [
        "", "on", "off", "auto", "x", "0", "1", "-1", "0x10", "65535", "65536", "4294967296", "18446744073709551615", "99999999999999999999",
        "52:54:00:00:00:01", "0000:01:00.0", "1.0", "31.7", "32", "a\0b", "\ud800", "/p", "obj", "file", "chr", "1:2:3", "tap", "raw", "2M", "-5k", "9999999999T",
    ];

    /// <summary>What each driver can't do without.</summary>
    private static readonly Dictionary<string, (string Name, string Value)[]> Required = new()
    {
        ["virtio-blk-pci"] = [("drive", "d")],
        ["vhost-user-fs-pci"] = [("chardev", "chr"), ("tag", "t")],
        ["virtio-mem-pci"] = [("memdev", "file")],
        ["virtio-pmem-pci"] = [("memdev", "file")],
        ["virtio-vsock-pci"] = [("guest-cid", "3"), ("socket", "/s")],
        ["vfio-pci"] = [("host", "01:00.0")],
    };

    public static TheoryData<string> Drivers => [.. DeviceCatalog.All.Select(static driver => driver.Name)];

    [Theory]
    [MemberData(nameof(Drivers))]
    public void Defaults_CanBeGiven_AndChangeNothing(string name)
    {
        DeviceDriver driver = DeviceCatalog.Find(name)!;
        DeviceConfig plain = driver.Read(Needed(name), new Things());
        Assert.Equal(name, plain.Driver);
        foreach (PropertySpec property in driver.Properties.Where(property => property.Default is not null && !Needed(name).Contains(property.Name)))
        {
            OptionBag bag = Needed(name);
            bag.Set(property.Name, property.Default!.Value);
            Assert.Equal(plain, driver.Read(bag, new Things()));
        }
    }

    [Theory]
    [MemberData(nameof(Drivers))]
    public void UnknownProperty_IsNamed(string name)
    {
        OptionBag bag = Needed(name);
        bag.Set("nosuch", OptionValue.FromText("1"));
        OptionException refusal = Assert.Throws<OptionException>(() => DeviceCatalog.Find(name)!.Read(bag, new Things()));
        Assert.Equal($"Property '{name}.nosuch' not found", refusal.Message);
    }

    [Fact]
    public void Aliases_AreOneDriver()
    {
        Assert.Same(DeviceCatalog.Find("virtio-blk-pci"), DeviceCatalog.Find("virtio-blk"));
        Assert.Same(DeviceCatalog.Find("virtio-net-pci"), DeviceCatalog.Find("virtio-net-pci-non-transitional"));
        Assert.Null(DeviceCatalog.Find("nosuch"));
        Assert.Null(DeviceCatalog.FindReason("nosuch"));
    }

    [Fact]
    public void AnyOptions_AreReadOrRefused()
    {
        Random random = new(20261121);
        Dictionary<string, int> outcomes = new() { ["read"] = 0, ["refused"] = 0 };
        string[] blockKeys =
            ["driver", "node-name", "filename", "file", "file.driver", "file.filename", "cache.direct", "cache.no-flush", "discard", "aio", "read-only", "backing"];
        string[] netKeys = ["type", "id", "ifname", "fd", "fds", "queues", "vhost", "script", "chardev"];
        string[] driveKeys = ["file", "id", "if", "format", "cache", "aio", "readonly", "discard", "unit"];
        string[] objectKeys = ["qom-type", "id", "filename", "mem-path", "size", "share"];
        string[] memoryKeys = ["size", "share", "prealloc", "policy", "host-nodes.0", "offset", "seal", "hugetlb", "mem-path", "rom"];
        string[] dimmKeys = [.. DimmOptions.Properties.Select(static property => property.Name), "id", "bus"];
        OptionBag dimm = OptionBag.FromText([KeyValuePair.Create("memdev", "file")]);
        for (int i = 0; i < 20_000; i++)
        {
            DeviceDriver driver = DeviceCatalog.All[random.Next(DeviceCatalog.All.Length)];
            string[] keys = [.. driver.Properties.Select(static property => property.Name), "id", "bus"];
            Action[] readers =
            [
                () => driver.Read(Bag(random, keys, Needed(driver.Name)), new Things()),
                () => BlockdevOptions.Read(Bag(random, blockKeys), static _ => null),
                () => NetdevOptions.Read(Bag(random, netKeys), new Things()),
                () => DriveOptions.Read(Bag(random, driveKeys)),
                () => ObjectOptions.Read(Bag(random, objectKeys)),
                () => ObjectOptions.Read(Bag(random, memoryKeys, Memory(ObjectOptions.Types[random.Next(3)]))),
                () => DimmOptions.Read(Bag(random, dimmKeys, dimm), new Things()),
            ];
            try
            {
                readers[random.Next(readers.Length)]();
                outcomes["read"]++;
            }
            catch (OptionException refusal)
            {
                Assert.NotEmpty(refusal.Message);
                outcomes["refused"]++;
            }
        }

        Assert.All(outcomes.Values, static count => Assert.True(count > 100, $"{count}"));
    }

    private static OptionBag Memory(string type) => OptionBag.FromText(
        [KeyValuePair.Create("qom-type", type), KeyValuePair.Create("id", "m"), KeyValuePair.Create("size", "1G"), KeyValuePair.Create("mem-path", "/m")]);

    private static OptionBag Needed(string driver) =>
        OptionBag.FromText(Required.GetValueOrDefault(driver, []).Select(static item => KeyValuePair.Create(item.Name, item.Value)));

    private static OptionBag Bag(Random random, string[] keys, OptionBag? start = null)
    {
        OptionBag bag = new() { StringsMayHoldValues = random.Next(2) == 0 };
        foreach ((string name, OptionValue value) in start ?? [])
        {
            bag.Set(name, value);
        }

        for (int i = random.Next(4); i > 0; i--)
        {
            string word = s_words[random.Next(s_words.Length)];
            bag.Set(keys[random.Next(keys.Length)], random.Next(6) switch
            {
                0 => OptionValue.FromString(word),
                1 => OptionValue.FromNumber(random.NextInt64(long.MinValue, long.MaxValue)),
                2 => OptionValue.FromNumber(random.Next(-2, 70_000)),
                3 => OptionValue.FromBoolean(random.Next(2) == 0),
                4 => default,
                _ => OptionValue.FromText(word),
            });
        }

        return bag;
    }

    private sealed class Things : IDeviceReferences
    {
        public bool HasBlockBackend(string name) => name == "d";

        public bool HasNetBackend(string name) => name == "n";

        public NamedObject? FindObject(string id) => id switch
        {
            "obj" => new NamedObject.RandomSource(id, "rng-random", "/dev/random"),
            "file" => new NamedObject.Memory(new MemoryBackendConfig { Name = id, Kind = MemoryBackendKind.File, Path = "/p", Size = 4 << 20, Share = true }),
            _ => null,
        };

        public ChardevConfig? TakeChardev(string id) => id == "chr" ? new ChardevConfig.UnixSocket("/c", false, false) : null;
    }
}
