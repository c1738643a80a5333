using System.Linq;
using Limber.Cpu;
using Limber.Servers.Json;
using Limber.Servers.Tests.Support;

namespace Limber.Servers.Tests.Qmp;

public sealed class CpuModelQueryTests
{
    [Fact]
    public void QueryCpuDefinitions_ListsEveryModelThatCanBeChosen()
    {
        using MonitorServices services = new(new FakeVirtualMachine());
        using QmpClient client = new(services);
        JsonValue definitions = client.Return("{\"execute\":\"query-cpu-definitions\"}");
        Assert.Equal(CpuModels.Names, definitions.AsArray().Select(static entry => entry.Member("name").AsString()));
        string text = definitions.ToString();
        Assert.Contains("{\"name\":\"qemu64\",\"typename\":\"qemu64-x86_64-cpu\",\"alias-of\":\"qemu64-v1\",\"static\":false,\"migration-safe\":true,\"deprecated\":false}", text);
        Assert.Contains("{\"name\":\"EPYC-IBPB\",\"typename\":\"EPYC-IBPB-x86_64-cpu\",\"alias-of\":\"EPYC-v2\",", text);
        Assert.Contains("{\"name\":\"host\",\"typename\":\"host-x86_64-cpu\",\"static\":false,\"migration-safe\":false,", text);
    }

    [Fact]
    public void QueryCpuDefinitions_OnAKnownHost_NamesWhatItLacks()
    {
        using MonitorServices services = new(new FakeVirtualMachine())
        {
            ResolveFeatures = static spec => spec.Model.Features.Except(CpuFeatureSet.Parse("avx aes")),
        };
        using QmpClient client = new(services);
        JsonValue definitions = client.Return("{\"execute\":\"query-cpu-definitions\"}");
        Assert.Equal("[\"aes\",\"avx\"]", Of("IvyBridge-IBRS"));
        Assert.Equal("[]", Of("qemu64"));
        Assert.Equal("[]", Of("host"));

        string Of(string model) =>
            definitions.AsArray().Single(entry => entry.Member("name").AsString() == model).Member("unavailable-features").ToString();
    }

    [Fact]
    public void Expansion_Full_SpellsOutFeaturesAndIdentity()
    {
        using MonitorServices services = new(new FakeVirtualMachine());
        using QmpClient client = new(services);
        JsonValue model = client.Return(Expand("full", "\"qemu64\",\"props\":{\"avx\":true,\"cx16\":\"off\",\"family\":6}")).Member("model");
        Assert.Equal("qemu64", model.Member("name").AsString());
        JsonValue props = model.Member("props");
        Assert.True(props.Member("avx").AsBoolean());
        Assert.False(props.Member("cx16").AsBoolean());
        Assert.True(props.Member("sse2").AsBoolean());
        Assert.False(props.Member("avx512f").AsBoolean());
        Assert.Equal(6, props.Member("family").AsInteger());
        Assert.Equal("AuthenticAMD", props.Member("vendor").AsString());
        Assert.Equal("QEMU Virtual CPU version 2.5+", props.Member("model-id").AsString());
    }

    [Fact]
    public void Expansion_Static_NamesTheVersion()
    {
        using MonitorServices services = new(new FakeVirtualMachine());
        using QmpClient client = new(services);
        JsonValue model = client.Return(Expand("static", "\"EPYC-IBPB\"")).Member("model");
        Assert.Equal("EPYC-v2", model.Member("name").AsString());
        Assert.True(model.Member("props").Member("ibpb").AsBoolean());
        Assert.False(model.Member("props").AsObject().Contains("family"));
    }

    [Fact]
    public void Expansion_Host_NeedsToKnowTheHost()
    {
        using MonitorServices blind = new(new FakeVirtualMachine());
        using QmpClient first = new(blind);
        Assert.Equal("CPU model 'host' can't be expanded: the host's features are not known here", first.Refusal(Expand("full", "\"host\"")));
        using MonitorServices services = new(new FakeVirtualMachine()) { ResolveFeatures = static _ => CpuFeatureSet.Parse("avx2") };
        using QmpClient client = new(services);
        JsonValue props = client.Return(Expand("full", "\"host\"")).Member("model").Member("props");
        Assert.True(props.Member("avx2").AsBoolean());
        Assert.False(props.Member("sse2").AsBoolean());
        Assert.Equal("CPU model 'max' is the host's and has no static form", client.Refusal(Expand("static", "\"max\"")));
    }

    [Theory]
    [InlineData("full", "\"nosuch\"", "CPU model 'nosuch' not found")]
    [InlineData("full", "5", "Invalid parameter type for 'model.name', expected: string")]
    [InlineData("full", "\"qemu64\",\"x\":1", "Parameter 'model.x' is unexpected")]
    [InlineData("part", "\"qemu64\"", "Parameter 'type' does not accept value 'part'")]
    [InlineData("full", "\"qemu64\",\"props\":5", "Invalid parameter type for 'model.props', expected: object")]
    [InlineData("full", "\"qemu64\",\"props\":{\"nosuch\":true}", "Property 'qemu64-x86_64-cpu.nosuch' not found")]
    [InlineData("full", "\"qemu64\",\"props\":{\"avx,sse\":true}", "Property 'qemu64-x86_64-cpu.avx,sse' not found")]
    [InlineData("full", "\"qemu64\",\"props\":{\"+avx\":true}", "Property 'qemu64-x86_64-cpu.+avx' not found")]
    [InlineData("full", "\"qemu64\",\"props\":{\"\":true}", "Property 'qemu64-x86_64-cpu.' not found")]
    [InlineData("full", "\"qemu64\",\"props\":{\"avx\":\"on,svm=off\"}", "Invalid parameter type for 'avx', expected: boolean")]
    [InlineData("full", "\"qemu64\",\"props\":{\"avx\":[]}", "Invalid parameter type for 'avx', expected: boolean")]
    public void Expansion_Invalid_IsRefused(string type, string model, string expected)
    {
        using MonitorServices services = new(new FakeVirtualMachine());
        using QmpClient client = new(services);
        Assert.Equal(expected, client.Refusal(Expand(type, model)));
    }

    private static string Expand(string type, string model) =>
        $"{{\"execute\":\"query-cpu-model-expansion\",\"arguments\":{{\"type\":\"{type}\",\"model\":{{\"name\":{model}}}}}}}";
}
