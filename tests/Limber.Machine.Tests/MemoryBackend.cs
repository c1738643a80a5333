using System;
using System.Diagnostics;
using System.Text;
using System.Threading;
using Limber.Device;

namespace Limber.Machine.Tests;

/// <summary>A serial port's other end in memory.</summary>
internal sealed class MemoryBackend : ICharacterBackend
{
    private readonly object gate = new();
    private readonly StringBuilder text = new();

    public string Text
    {
        get
        {
            lock (gate)
            {
                return text.ToString();
            }
        }
    }

    public void Start(ICharacterFrontend frontend) { }

    public int Write(ReadOnlySpan<byte> data)
    {
        lock (gate)
        {
            text.Append(Encoding.ASCII.GetString(data));
            Monitor.PulseAll(gate);
        }

        return data.Length;
    }

    public void WaitFor(string wanted, int occurrences = 1)
    {
        long start = Stopwatch.GetTimestamp();
        lock (gate)
        {
            while (text.ToString().Split(wanted).Length - 1 < occurrences)
            {
                Assert.True(Stopwatch.GetElapsedTime(start).TotalSeconds < 20, $"no \"{wanted}\" in \"{text}\"");
                Monitor.Wait(gate, 100);
            }
        }
    }

    public void Dispose() { }
}
