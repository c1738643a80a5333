using System.Collections.Generic;
using System.Linq;
using Limber.Config;
using Limber.Config.Devices;
using Limber.Control;
using Limber.DeviceOptions;
using Limber.Servers.Devices.Pci;
using Limber.Servers.Json;
using Limber.Servers.Qmp;
using Limber.Servers.Qmp.Schema;
using Limber.Servers.Tests.Support;

namespace Limber.Servers.Tests.Qmp;

/// <summary>query-qmp-schema says what is so: of arguments, results and events alike.</summary>
public sealed class SchemaTests
{
    /// <summary>Arguments with which the commands succeed; those not listed need none.</summary>
    private static readonly Dictionary<string, string> Samples = new()
    {
        ["balloon"] = "{\"value\":67108864}",
        ["block_resize"] = "{\"device\":\"d0\",\"size\":1048576}",
        ["blockdev-add"] = "{\"driver\":\"raw\",\"node-name\":\"n\",\"file\":{\"driver\":\"file\",\"filename\":\"/n\"}}",
        ["blockdev-del"] = "{\"node-name\":\"spare\"}",
        ["chardev-add"] = "{\"id\":\"c9\",\"backend\":{\"type\":\"socket\",\"data\":{\"addr\":{\"type\":\"unix\",\"data\":{\"path\":\"/c\"}},\"server\":false}}}",
        ["chardev-remove"] = "{\"id\":\"c1\"}",
        ["closefd"] = "{\"fdname\":\"a\"}",
        ["cpu-add"] = "{\"id\":4}",
        ["device-list-properties"] = "{\"typename\":\"qemu64-x86_64-cpu\"}",
        ["device_add"] = "{\"driver\":\"qemu64-x86_64-cpu\",\"id\":\"c3\",\"apic-id\":3}",
        ["device_del"] = "{\"id\":\"c2\"}",
        ["getfd"] = "{\"fdname\":\"a\"}",
        ["human-monitor-command"] = "{\"command-line\":\"info cpus\",\"cpu-index\":0}",
        ["netdev_add"] = "{\"id\":\"n9\",\"type\":\"tap\",\"ifname\":\"tap9\"}",
        ["netdev_del"] = "{\"id\":\"net0\"}",
        ["object-add"] = "{\"qom-type\":\"rng-random\",\"id\":\"r9\",\"filename\":\"/dev/random\"}",
        ["get-viomem"] = "{\"id\":\"vmem0\"}",
        ["object-del"] = "{\"id\":\"r1\"}",
        ["qom-get"] = "{\"path\":\"/machine\",\"property\":\"smp\"}",
        ["qom-list"] = "{\"path\":\"/machine\"}",
        ["qom-set"] = "{\"path\":\"vmem0\",\"property\":\"requested-size\",\"value\":2097152}",
        ["set_link"] = "{\"name\":\"b0\",\"up\":false}",
        ["set-viomem"] = "{\"id\":\"vmem0\",\"requested-size\":\"4M\"}",
        ["qom-list-types"] = "{\"implements\":\"device\",\"abstract\":true}",
        ["query-command-line-options"] = "{\"option\":\"smp-opts\"}",
        ["query-cpu-model-expansion"] = "{\"type\":\"full\",\"model\":{\"name\":\"qemu64\",\"props\":{\"avx\":true}}}",
        ["set-numa-node"] = "{\"type\":\"node\",\"nodeid\":0,\"cpus\":[0,1],\"memdev\":\"m\"}",
        ["x-limber-cancel-operation"] = "{\"id\":1}",
        ["x-limber-resize"] = "{\"cpus\":4}",
        ["x-limber-subscribe-operations"] = "{\"enable\":false}",
        ["x-limber-wait-operation"] = "{\"id\":1,\"timeout\":0}",
    };

    public static TheoryData<string> Commands => [.. QmpCommandTable.Default.Names];

    [Fact]
    public void Schema_MentionsOnlyWhatItDescribes()
    {
        IReadOnlyList<JsonValue> schema = Schema();
        string[] names = [.. schema.Select(static entry => entry.Member("name").AsString())];
        Assert.Equal(names.Distinct(), names);
        List<string> mentioned = [];
        foreach (JsonValue entry in schema)
        {
            JsonObject members = entry.AsObject();
            mentioned.AddRange(new[] { "arg-type", "ret-type", "element-type" }
                .Where(members.Contains).Select(name => entry.Member(name).AsString()));
            if (entry.Member("meta-type").AsString() is "object" or "alternate")
            {
                mentioned.AddRange(entry.Member("members").AsArray().Select(static member => member.Member("type").AsString()));
            }
        }

        Assert.Empty(mentioned.Except(names));
        Assert.Equal("{\"name\":\"0\",\"members\":[],\"meta-type\":\"object\"}", Find("0").ToString());
        Assert.Equal("{\"name\":\"int\",\"json-type\":\"int\",\"meta-type\":\"builtin\"}", Find("int").ToString());

        JsonValue Find(string name) => schema.Single(entry => entry.Member("name").AsString() == name);
    }

    [Fact]
    public void Schema_OfDeviceAdd_IsWhatClientsProbe()
    {
        IReadOnlyList<JsonValue> schema = Schema();
        JsonValue command = Find("device_add");
        string arguments = command.Member("arg-type").AsString();
        Assert.Equal(
            $"{{\"name\":\"device_add\",\"ret-type\":\"0\",\"meta-type\":\"command\",\"arg-type\":\"{arguments}\",\"features\":[\"json-cli\",\"json-cli-hotplug\"]}}",
            command.ToString());
        Assert.Equal(
            $"{{\"name\":\"{arguments}\",\"members\":[{{\"name\":\"driver\",\"type\":\"str\"}},{{\"name\":\"bus\",\"default\":null,\"type\":\"str\"}},{{\"name\":\"id\",\"default\":null,\"type\":\"str\"}}],\"meta-type\":\"object\"}}",
            Find(arguments).ToString());
        Assert.True(Find("x-limber-cancel-operation").Member("allow-oob").AsBoolean());
        Assert.False(Find("query-status").AsObject().Contains("allow-oob"));
        Assert.Matches("^\\[\\d+\\]$", Find("query-hotpluggable-cpus").Member("ret-type").AsString());

        JsonValue Find(string name) => schema.Single(entry => entry.Member("name").AsString() == name);
    }

    [Theory]
    [MemberData(nameof(Commands))]
    public void Command_IsDescribedWithAllItsParameters(string name)
    {
        IReadOnlyList<JsonValue> schema = Schema();
        QmpSignature signature = QmpCommandTable.Default.Find(name)!.Signature;
        string type = schema.Single(entry => entry.Member("name").AsString() == name).Member("arg-type").AsString();
        List<JsonValue> members = schema.Single(entry => entry.Member("name").AsString() == type).Member("members").AsArray();
        Assert.Equal(
            signature.Arguments.Members.Select(static member => (member.Name, member.IsOptional)),
            members.Select(static member => (member.Member("name").AsString(), member.AsObject().Contains("default"))));
    }

    [Theory]
    [MemberData(nameof(Commands))]
    public void Command_RefusesWhatItsDescriptionExcludes(string name)
    {
        QmpSignature signature = QmpCommandTable.Default.Find(name)!.Signature;
        if (signature.ChecksItself)
        {
            Assert.Equal("device_add", name);
            return;
        }

        using MonitorServices services = new(FakeDeviceManager.CreateMachine());
        using QmpClient client = new(services);
        JsonObject sample = Answer.Parse(Sample(name)).AsObject();
        foreach (QmpMember parameter in signature.Arguments.Members)
        {
            // Null belongs to no type of a parameter but that of any value.
            if (parameter.Type != QmpType.Any)
            {
                Assert.StartsWith(
                    $"Invalid parameter type for '{parameter.Name}', expected: ",
                    Refusal(sample, parameter.Name, JsonValue.Null));
            }

            if (!parameter.IsOptional)
            {
                Assert.Equal($"Parameter '{parameter.Name}' is missing", Refusal(sample, parameter.Name, null));
            }
        }

        Assert.Equal("Parameter 'nosuch' is unexpected", Refusal(sample, "nosuch", 1));

        string Refusal(JsonObject arguments, string changed, JsonValue? value)
        {
            JsonObject members = [];
            foreach ((string member, JsonValue old) in arguments)
            {
                if (member != changed)
                {
                    members.Add(member, old);
                }
            }

            if (value is { } given)
            {
                members.Add(changed, given);
            }

            return client.Refusal($"{{\"execute\":\"{name}\",\"arguments\":{(JsonValue)members}}}");
        }
    }

    [Theory]
    [MemberData(nameof(Commands))]
    public void Command_AnswersAsDescribed(string name)
    {
        if (name is QmpCommandTable.Negotiation or "set-numa-node" or "getfd" or "closefd")
        {
            // The answer of the first is checked by every client that connects; the second is always refused; the others want a socket.
            return;
        }

        foreach (QmpDialect dialect in new[] { QmpDialect.Qemu, QmpDialect.StratoVirt })
        {
            FakeVirtualMachine machine = name is "get-viomem" or "set-viomem" or "qom-set" or "query-memory-devices"
                ? FakeMemoryManager.CreateMachine()
                : FakeDeviceManager.CreateMachine();
            using MonitorServices services = new(machine);
            services.Things.AddObject(new NamedObject.RandomSource("r1", "rng-random", "/dev/random"));
            services.Things.AddChardev("c1", new ChardevConfig.UnixSocket("/c1", false, false));
            machine.PlugCpus([new CpuPlugRequest(2, "c2")]);
            using QmpClient client = new(services, dialect);
            string answers = client.Ask($"{{\"execute\":\"{name}\",\"arguments\":{Sample(name, dialect)}}}");
            string[] lines = answers.Split("\r\n", System.StringSplitOptions.RemoveEmptyEntries);
            string reply = lines.LastOrDefault(static line => line.StartsWith("{\"return\"", System.StringComparison.Ordinal)) ?? client.ReadLine()!;
            QmpType returns = QmpCommandTable.Default.Find(name)!.Signature.Returns;
            if (name != "device_add" || dialect == QmpDialect.Qemu)
            {
                returns.Check(Answer.Parse(reply).Member("return"), name);
            }
        }
    }

    [Fact]
    public void Arguments_Undeclared_CannotBeRead()
    {
        QmpArguments arguments = new(new(new QmpObjectType(new QmpMember("a", QmpType.Integer, true)), QmpType.Any), []);
        Assert.Null(arguments.OptionalInteger("a"));
        Assert.Throws<System.InvalidOperationException>(() => arguments.OptionalInteger("b"));
    }

    [Fact]
    public void Events_AreAsDescribed()
    {
        FakeVirtualMachine machine = new();
        machine.PlugCpus([new CpuPlugRequest(2, "c1")]);
        DeviceInfo disk = new("b", "/machine/peripheral/b", default, "pcie.0", new DiskDeviceConfig { Backend = "d" }, false, true);
        MemoryDeviceInfo dimm = new() { Id = "m", Path = "/machine/peripheral/m", Kind = MemoryDeviceKind.Dimm, Address = 1UL << 32, Size = 1 << 27, Node = 0 };
        VmEvent[] all =
        [
            new VmEvent.Stopped(), new VmEvent.Resumed(), new VmEvent.PowerButtonPressed(), new VmEvent.CpuResizeNotified(1),
            new VmEvent.Reset(true, ShutdownReason.GuestReset), new VmEvent.Shutdown(false, ShutdownReason.HostSignal),
            new VmEvent.DeviceDeleted(null, "/a"), new VmEvent.DeviceDeleted("a", "/a"), new VmEvent.AcpiDeviceOst("a", 1, 3, 132),
            new VmEvent.AcpiDeviceOst(null, 1, 3, 0), new VmEvent.DeviceUnplugGuestError("a", "/a"),
            new VmEvent.AcpiDeviceOst("a", 1, 3, 132) { Class = DeviceClass.Dimm },
            new VmEvent.DeviceUnplugGuestError("a", "/a") { Class = DeviceClass.Dimm, Reason = "busy" },
            new VmEvent.MemoryDeviceSizeChanged("a", "/a", 1), new VmEvent.MemoryDeviceSizeChanged(null, "/a", 1), new VmEvent.BalloonChanged(1),
            new VmEvent.MemoryLost(dimm, "cut off"),
            new VmEvent.DeviceFailed(disk, "write", "no space", true), new VmEvent.DeviceFailed(disk with { Config = new NetDeviceConfig() }, "connection", "gone", false),
            new VmEvent.PortPlugged("p"), new VmEvent.PortChanged("p", true),
        ];
        foreach (QmpDialect dialect in new[] { QmpDialect.Qemu, QmpDialect.StratoVirt })
        {
            List<QmpEvent> events = [];
            foreach (VmEvent happened in all)
            {
                dialect.Translate(happened, new PeripheralPaths(), events);
            }

            foreach (QmpEvent @event in events)
            {
                QmpEventShape shape = dialect.Events.Single(shape => shape.Name == @event.Name);
                shape.Data.Check(@event.Data ?? [], @event.Name);
            }

            // All that is announced can happen; operations are sent to those that subscribed.
            Assert.Equal(
                dialect.EventNames.Order().Except([OperationJson.EventName]),
                events.Select(static @event => @event.Name).Distinct().Order());
        }

        MachineTypes.Operation.Check(OperationJson.Describe(machine.Operations[0].Current), "operation");
    }

    private static string Sample(string name, QmpDialect? dialect = null) => name == "blockdev-add" && dialect == QmpDialect.StratoVirt
        ? "{\"node-name\":\"n\",\"file\":{\"driver\":\"file\",\"filename\":\"/n\",\"aio\":\"iouring\"},\"cache\":{\"direct\":true}}"
        : Samples.GetValueOrDefault(name, "{}");

    private static List<JsonValue> Schema()
    {
        using MonitorServices services = new(new FakeVirtualMachine());
        using QmpClient client = new(services);
        return client.Return("{\"execute\":\"query-qmp-schema\"}").AsArray();
    }
}
