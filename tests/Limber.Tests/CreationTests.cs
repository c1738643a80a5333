using System.Text.Json;
using Limber.TestKit;

namespace Limber.Tests;

/// <summary>The real executable without a machine: one is created, booted, turned off and deleted by REST, and then another.</summary>
public sealed class CreationTests
{
    [Fact]
    public void Machines_ComeAndGo()
    {
        using RunningVmm vmm = RunningVmm.StartWithoutMachine(out string kernel);
        var rest = new RestClient(vmm.Rest);
        Assert.Equal(404, rest.Send("GET", "vm.info").Status);
        Assert.Equal(404, rest.Send("PUT", "vm.boot").Status);
        (int status, string body) = rest.Send("PUT", "vm.create", """{"payload":{"kernel":"/nonexistent/kernel"},"console":{"mode":"Off"}}""");
        Assert.Equal(500, status);
        Assert.Contains("/nonexistent/kernel", body);
        string config = $$"""{"cpus":{"boot_vcpus":1,"max_vcpus":4},"memory":{"size":67108864},"payload":{"kernel":"{{kernel}}"},"console":{"mode":"Null"} }""";
        for (int round = 0; round < 3; round++)
        {
            Assert.Equal((204, ""), rest.Send("PUT", "vm.create", config));
            Assert.Equal("Created", State(rest));
            Assert.Equal(500, rest.Send("PUT", "vm.create", config).Status);
            Assert.Equal((204, ""), rest.Send("PUT", "vm.boot"));
            Assert.Equal("Running", State(rest));
            Assert.Equal((204, ""), rest.Send("PUT", "vm.resize", """{"desired_vcpus":2}"""));
            Assert.Equal((204, ""), rest.Send("PUT", "vm.shutdown"));
            Assert.Equal("Created", State(rest));
            Assert.Equal((204, ""), rest.Send("PUT", "vm.boot"));
            Assert.Equal((204, ""), rest.Send("PUT", "vm.delete"));
            Assert.Equal(404, rest.Send("GET", "vm.info").Status);
        }

        Assert.Equal((204, ""), rest.Send("PUT", "vm.create", config));
        Assert.Equal(200, rest.Send("PUT", "vmm.shutdown").Status);
        vmm.ExpectEnd();
    }

    private static string State(RestClient rest) =>
        JsonDocument.Parse(rest.Send("GET", "vm.info").Body).RootElement.GetProperty("state").GetString()!;
}
