using System;
using System.Collections.Generic;
using System.Text;
using System.Text.RegularExpressions;
using System.Threading.Tasks;
using Limber.GuestAgent;
using Limber.Virtio.TestKit;
using Limber.VirtioConsole.Ports;
using Limber.VirtioConsole.Tests.Fakes;

namespace Limber.VirtioConsole.Tests;

public sealed class AgentPortTests
{
    [Fact]
    public async Task GuestAgent_OverAPort_Answers()
    {
        using VirtioRig rig = PortDriver.StartRig();
        using var channel = new GuestAgentChannel();
        ConsolePort port = ((ConsoleDevice)rig.Device).AddPort(new(channel) { Name = "org.qemu.guest_agent.0" });
        channel.Start(port);
        using var client = new GuestAgentClient(channel, TimeProvider.System);
        port.GuestOpenChanged += p => channel.SetListening(p.IsGuestOpen);
        new PortDriver(rig).Open(port);
        Assert.True(System.Threading.SpinWait.SpinUntil(() => channel.IsListening, TimeSpan.FromSeconds(20)));
        Task<IReadOnlyList<GuestVcpu>> question = client.GetVcpusAsync(TimeSpan.FromSeconds(20));
        int receive = ConsoleQueues.Receive(port.Number);
        int transmit = ConsoleQueues.Transmit(port.Number);
        DriverBuffer buffer = rig.Buffer(30, true);
        var line = new StringBuilder();
        while (!question.IsCompleted)
        {
            if (rig[receive].Outstanding == 0)
            {
                rig.Submit(receive, buffer);
            }

            rig[transmit].TryReap(out _, out _);
            if (!rig[receive].TryReap(out _, out uint written))
            {
                continue;
            }

            line.Append(Encoding.Latin1.GetString(rig.Memory.Read(buffer.Address, (int)written)));
            string text = line.ToString();
            int end = text.IndexOf('\n', StringComparison.Ordinal);
            if (end >= 0)
            {
                line.Remove(0, end + 1);
                string answer = text.Contains("guest-sync-delimited", StringComparison.Ordinal)
                    ? "\xFF{\"return\": " + Regex.Match(text, "\"id\":([0-9]+)").Groups[1].Value + "}\n"
                    : "{\"return\": [{\"logical-id\": 0, \"online\": true}]}\n";
                rig.Submit(transmit, rig.Filled(Encoding.Latin1.GetBytes(answer)));
            }
        }

        Assert.Equal([new GuestVcpu(0, true, false)], await question);
    }
}
