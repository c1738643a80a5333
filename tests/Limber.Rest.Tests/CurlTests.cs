using System;
using System.Diagnostics;
using System.IO;
using System.Threading.Tasks;
using Limber.Rest.Tests.Support;

namespace Limber.Rest.Tests;

/// <summary>The command lines that users of Cloud Hypervisor know by heart.</summary>
public sealed class CurlTests
{
    [Theory]
    [InlineData(8, "204")]
    [InlineData(9, "500")]
    public async Task HotplugDocumentsLine_Works(int vcpus, string status)
    {
        await using RestFixture rest = await RestFixture.StartAsync();
        string output = await CurlAsync(
            rest,
            "-H", "Accept: application/json", "-H", "Content-Type: application/json", "-i", "-X", "PUT",
            "-d", $"{{ \"desired_vcpus\": {vcpus}}}", "--unix-socket", "./ch.sock", "http://localhost/api/v1/vm.resize");
        Assert.StartsWith($"HTTP/1.1 {status} ", output);
        Assert.Equal(status == "204" ? 8 : 2, rest.Machine.Plugged);
    }

    [Fact]
    public async Task LargeBodyWithExpectContinue_Works()
    {
        await using RestFixture rest = await RestFixture.StartAsync();
        string file = Path.Combine(Path.GetDirectoryName(rest.SocketPath)!, "body");
        await File.WriteAllTextAsync(file, "{}" + new string(' ', 3 << 20), TestContext.Current.CancellationToken);
        string output = await CurlAsync(
            rest, "-s", "-i", "-X", "PUT", "-H", "Expect: 100-continue", "--data-binary", "@body",
            "--unix-socket", "./ch.sock", "http://localhost/api/v1/vm.resize");
        Assert.StartsWith("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 ", output);
    }

    [Fact]
    public async Task ShutdownLine_Works()
    {
        await using RestFixture rest = await RestFixture.StartAsync();
        string output = await CurlAsync(
            rest, "-i", "-X", "PUT", "--unix-socket", "./ch.sock", "http://localhost/api/v1/vmm.shutdown");
        Assert.StartsWith("HTTP/1.1 200 ", output);
        await rest.Machine.Completion.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
    }

    private static async Task<string> CurlAsync(RestFixture rest, params string[] arguments)
    {
        ProcessStartInfo start = new("curl", arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Path.GetDirectoryName(rest.SocketPath),
        };
        Process curl;
        try
        {
            curl = Process.Start(start)!;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Assert.Skip("curl is not installed");
            throw;
        }

        using (curl)
        {
            Task<string> errors = curl.StandardError.ReadToEndAsync();
            string output = await curl.StandardOutput.ReadToEndAsync();
            await errors;
            await curl.WaitForExitAsync();
            return output;
        }
    }
}
