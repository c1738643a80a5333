using System.Collections.Generic;
using System.Linq;
using System.Net.Http;
using System.Threading.Tasks;
using Limber.Rest.Handlers;
using Limber.Rest.Routing;
using Limber.Rest.Tests.Support;

namespace Limber.Rest.Tests;

/// <summary>What holds for every row of the table.</summary>
public sealed class RouteTests
{
    private const string NotBuilt =
        "vm.add-generic-vhost-user+ vm.add-vdpa+ vm.add-user-device+ "
        + "vm.snapshot+ vm.coredump+ vm.nmi vm.restore+ vm.receive-migration+ vm.send-migration+";

    [Fact]
    public void Table_HasEveryDocumentedRouteOnce()
    {
        IReadOnlyList<Route> routes = ApiRoutes.Create(new MachineGate(new FakeVirtualMachine()), new RestServerOptions());
        Assert.Equal(31 + 4, routes.Count);
        Assert.Equal(routes.Count, routes.Select(route => route.Path).Distinct().Count());
        Assert.All(NotBuilt.Split(' '), name => Assert.Contains(routes, route => route.Path == name.TrimEnd('+')));
    }

    [Fact]
    public async Task NotBuilt_SaysSoAndChangesNothing()
    {
        await using RestFixture rest = await RestFixture.StartAsync();
        foreach (string route in NotBuilt.Split(' '))
        {
            Reply reply = await rest.PutAsync(route.TrimEnd('+'), route.EndsWith('+') ? "{}" : null);
            Assert.Equal(500, reply.Status);
            Assert.Equal(3, reply.Causes.Length);
            Assert.Equal("Error from API", reply.Causes[0]);
        }

        Assert.Empty(rest.Machine.Calls);
    }

    [Fact]
    public async Task WrongMethod_IsBadRequestOnEveryRoute()
    {
        await using RestFixture rest = await RestFixture.StartAsync();
        foreach (Route route in ApiRoutes.Create(new MachineGate(rest.Machine), new RestServerOptions()))
        {
            string path = route.Path.Replace("{id}", "1");
            string body = route.Body == BodyRule.Required ? "{}" : "";
            foreach (string method in new[] { "GET", "PUT", "POST", "PATCH", "DELETE", "FROB" }.Where(m => m != route.Method))
            {
                Reply reply = await rest.SendAsync(method, path, body.Length == 0 ? null : body);
                Assert.True(reply is { Status: 400, Body: "[\"Bad Request\"]" }, $"{method} {path}: {reply.Status} {reply.Body}");
            }
        }

        Assert.Empty(rest.Machine.Calls);
    }

    [Fact]
    public async Task WrongBodyPresence_IsBadRequestOnEveryRoute()
    {
        await using RestFixture rest = await RestFixture.StartAsync();
        foreach (Route route in ApiRoutes.Create(new MachineGate(rest.Machine), new RestServerOptions()))
        {
            string? body = route.Body == BodyRule.Required ? null : "{}";
            Reply reply = await rest.SendAsync(route.Method, route.Path.Replace("{id}", "1"), body);
            Assert.True(reply is { Status: 400, Body: "[\"Bad Request\"]" }, $"{route.Path}: {reply.Status} {reply.Body}");
        }

        Assert.Empty(rest.Machine.Calls);
    }

    [Theory]
    [InlineData("vm.unknown")]
    [InlineData("vm.info/")]
    [InlineData("VM.INFO")]
    [InlineData("../vm.info")]
    [InlineData("vm.operations/")]
    [InlineData("vm.operations/1/2")]
    [InlineData("vm.operations/1/2/cancel")]
    [InlineData("vm.operations//cancel")]
    [InlineData("/")]
    [InlineData("/api/v2/vm.info")]
    public async Task UnknownPath_IsNotFound(string path)
    {
        await using RestFixture rest = await RestFixture.StartAsync();
        Reply reply = await rest.GetAsync(path);
        Assert.Equal(404, reply.Status);
        Assert.Equal("[\"Not Found\"]", reply.Body);
    }

    [Fact]
    public async Task QueryString_IsIgnoredWhereItMeansNothing()
    {
        await using RestFixture rest = await RestFixture.StartAsync();
        Assert.Equal(200, (await rest.GetAsync("vmm.ping?a=b&&=%zz")).Status);
        Assert.Equal(204, (await rest.PutAsync("vm.pause?wait=no")).Status);
    }

    [Fact]
    public async Task Headers_AreThoseOfCloudHypervisor()
    {
        await using RestFixture rest = await RestFixture.StartAsync();
        foreach (Reply reply in new[] { await rest.GetAsync("vmm.ping"), await rest.GetAsync("nothing") })
        {
            Assert.Equal("Cloud Hypervisor API", reply.Headers.Server.ToString());
            Assert.Equal("application/json", reply.ContentHeaders.ContentType!.ToString());
            Assert.Equal(reply.Body.Length, reply.ContentHeaders.ContentLength);
        }

        string raw = await rest.RawAsync("PUT /api/v1/vm.pause HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 204 ", raw);
        Assert.Contains("Server: Cloud Hypervisor API\r\n", raw);
        Assert.DoesNotContain("Content-", raw);
    }

    [Fact]
    public async Task NoContentType_IsNeeded()
    {
        await using RestFixture rest = await RestFixture.StartAsync();
        ByteArrayContent body = new("{\"desired_vcpus\":3}"u8.ToArray());
        Assert.Equal(204, (await rest.SendAsync("PUT", "vm.resize", body)).Status);
    }
}
