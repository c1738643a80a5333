using System;
using System.Diagnostics;
using System.Text;
using System.Threading;
using Limber.Device;

namespace Limber.Chardev.Tests.Support;

/// <summary>A guest's port that records input and counts drains.</summary>
internal sealed class FakeFrontend : ICharacterFrontend
{
    private readonly Lock gate = new();
    private readonly StringBuilder received = new();
    private volatile int capacity = int.MaxValue;
    private volatile int drains;
    private Action? resume;

    public int Drains => drains;

    public int LongestDelivery { get; private set; }

    public bool Overrun { get; private set; }

    public int ReceiveCapacity => capacity;

    public string Received
    {
        get
        {
            lock (gate)
            {
                return received.ToString();
            }
        }
    }

    public Action? Drained { get; set; }

    public void SetCapacity(int value)
    {
        capacity = value;
        if (value > 0)
        {
            resume?.Invoke();
        }
    }

    public void Receive(ReadOnlySpan<byte> data)
    {
        lock (gate)
        {
            received.Append(Encoding.Latin1.GetString(data));
            LongestDelivery = Math.Max(LongestDelivery, data.Length);
            Overrun |= data.Length > capacity;
            if (capacity != int.MaxValue)
            {
                capacity -= data.Length;
            }
        }
    }

    public void OutputDrained()
    {
        Interlocked.Increment(ref drains);
        Drained?.Invoke();
    }

    public void OnCapacityAvailable(Action resume) => this.resume = resume;

    /// <summary>Polls, as what is waited for happens on other threads or in the kernel.</summary>
    public static void Eventually(Func<bool> condition, string what)
    {
        var clock = Stopwatch.StartNew();
        while (!condition())
        {
            Assert.True(clock.Elapsed < TimeSpan.FromSeconds(10), $"did not happen: {what}");
            Thread.Sleep(2);
        }
    }
}
