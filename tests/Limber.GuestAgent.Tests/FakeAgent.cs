using System;
using System.Collections.Generic;
using System.Text;
using Limber.Device;

namespace Limber.GuestAgent.Tests;

/// <summary>A guest whose port takes a few bytes at a time and answers each line as the test says.</summary>
internal sealed class FakeAgent(GuestAgentChannel channel, Func<string, string?> answer) : ICharacterFrontend
{
    private readonly StringBuilder line = new();
    private Action? resume;

    public List<string> Requests { get; } = [];

    public int ReceiveCapacity { get; set; } = 7;

    public void Receive(ReadOnlySpan<byte> data)
    {
        Assert.InRange(data.Length, 1, ReceiveCapacity);
        foreach (byte value in data)
        {
            if (value != '\n')
            {
                line.Append((char)value);
                continue;
            }

            string request = line.ToString();
            line.Clear();
            Requests.Add(request);
            if (answer(request) is { } reply)
            {
                channel.Write(Encoding.Latin1.GetBytes(reply));
            }
        }
    }

    public void OutputDrained()
    {
    }

    public void OnCapacityAvailable(Action resume) => this.resume = resume;

    public void Open(int capacity)
    {
        ReceiveCapacity = capacity;
        resume!();
    }
}
