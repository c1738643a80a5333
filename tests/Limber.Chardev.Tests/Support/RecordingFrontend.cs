using System;
using System.Collections.Generic;
using System.Text;
using System.Threading;
using Limber.Device;

namespace Limber.Chardev.Tests.Support;

/// <summary>A serial port that takes what it is told to take and remembers it.</summary>
internal sealed class RecordingFrontend(int capacity = int.MaxValue) : ICharacterFrontend
{
    private readonly Lock gate = new();
    private readonly List<byte> received = [];
    private readonly AutoResetEvent drained = new(false);
    private Action? resume;
    private int capacity = capacity;

    public int DrainedCount { get; private set; }

    public bool Overrun { get; private set; }

    public int ReceiveCapacity
    {
        get
        {
            lock (gate)
            {
                return capacity;
            }
        }
    }

    public byte[] Received
    {
        get
        {
            lock (gate)
            {
                return [.. received];
            }
        }
    }

    public string Text => Encoding.Latin1.GetString(Received);

    public void Receive(ReadOnlySpan<byte> data)
    {
        lock (gate)
        {
            Overrun |= data.Length > capacity;
            capacity -= data.Length;
            received.AddRange(data);
        }
    }

    public void OutputDrained()
    {
        DrainedCount++;
        drained.Set();
    }

    public void OnCapacityAvailable(Action action) => resume = action;

    /// <summary>Makes room, as a guest does that reads its port.</summary>
    public void Allow(int bytes)
    {
        lock (gate)
        {
            capacity += bytes;
        }

        resume!();
    }

    public void AwaitText(string expected) =>
        Eventually.True(() => Text.Contains(expected, StringComparison.Ordinal), $"'{expected}' in the port's input");

    /// <summary>Writes everything as a port does: after a short answer, when room is announced.</summary>
    public void WriteAll(ICharacterBackend backend, ReadOnlySpan<byte> data)
    {
        while (true)
        {
            data = data[backend.Write(data)..];
            if (data.IsEmpty)
            {
                return;
            }

            Assert.True(drained.WaitOne(Eventually.Deadline), "OutputDrained did not follow a short write");
        }
    }
}
