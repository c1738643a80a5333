using System;
using System.Collections.Generic;
using System.Linq;
using System.Net.Sockets;
using System.Text;
using Limber.TestKit;

namespace Limber.Tests;

/// <summary>What careless and hostile clients of REST do to the real executable: nothing to anybody else.</summary>
public sealed class RestRobustnessTests : IDisposable
{
    private readonly RunningVmm vmm = RunningVmm.StartWithRest();

    public void Dispose() => vmm.Dispose();

    [Fact]
    public void BinaryGarbage_EndsItsConnectionOnly()
    {
        var random = new Random(6);
        for (int i = 0; i < 50; i++)
        {
            using Socket socket = RunningVmm.Connect(vmm.Rest);
            byte[] noise = new byte[random.Next(1, 4096)];
            random.NextBytes(noise);
            socket.Send(noise);
        }

        vmm.ExpectRestAlive();
    }

    [Fact]
    public void DeeplyNestedBody_IsRefused()
    {
        (int status, string body) = new RestClient(vmm.Rest).Send("PUT", "vm.resize", string.Concat(Enumerable.Repeat("{\"desired_vcpus\":", 100_000)));
        Assert.Equal(400, status);
        Assert.StartsWith("[", body);
        vmm.ExpectRestAlive();
    }

    [Fact]
    public void BodyOf64MiB_IsRefusedWithoutBeingTaken()
    {
        using Socket socket = RunningVmm.Connect(vmm.Rest);
        socket.Send("PUT /api/v1/vm.resize HTTP/1.1\r\nHost: x\r\nContent-Length: 67108864\r\n\r\n"u8);
        Assert.StartsWith("HTTP/1.1 400", RunningVmm.ReadUntil(socket, "]"));
        vmm.ExpectRestAlive();
    }

    [Fact]
    public void TwoHundredClients_AreServedOrTurnedAway()
    {
        List<Socket> idle = [.. Enumerable.Range(0, 200).Select(_ => RunningVmm.Connect(vmm.Rest))];
        idle.ForEach(s => s.Dispose());
        Deadline deadline = Deadline.In(20);
        while (!deadline.HasPassed)
        {
            try
            {
                vmm.ExpectRestAlive();
                return;
            }
            catch (Exception e) when (e is SocketException or ScenarioException)
            {
                // The places of those that left are not free yet.
            }
        }

        vmm.ExpectRestAlive();
    }

    [Fact]
    public void HalfClosed_IsTakenForAClientThatLeft()
    {
        // The web server sees no difference between a peer that sends no more and one that is gone: it may or may not answer.
        using Socket socket = RunningVmm.Connect(vmm.Rest);
        socket.Send("GET /api/v1/vmm.ping HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"u8);
        socket.Shutdown(SocketShutdown.Send);
        RunningVmm.ReadUntil(socket, "no such text");
        vmm.ExpectRestAlive();
    }

    [Fact]
    public void ShutdownAndBoot_ManyTimesWhileOthersAsk_StayInStep()
    {
        var client = new RestClient(vmm.Rest);
        var asking = new Background<bool>(() =>
        {
            for (int i = 0; i < 100; i++)
            {
                Assert.Equal(200, client.Send("GET", "vm.info").Status);
            }

            return true;
        });
        for (int i = 0; i < 30; i++)
        {
            Assert.Equal((204, ""), client.Send("PUT", "vm.shutdown"));
            Assert.Contains("\"state\":\"Created\"", client.Send("GET", "vm.info").Body);
            Assert.Equal((204, ""), client.Send("PUT", "vm.boot"));
            Assert.Contains("\"state\":\"Running\"", client.Send("GET", "vm.info").Body);
        }

        Assert.True(asking.Take());
        vmm.ExpectRestAlive();
    }
}
