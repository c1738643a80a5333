using System;
using System.Collections.Generic;
using System.Threading;
using Limber.Device;

namespace Limber.Virtio.Tests.Fakes;

/// <summary>A back end that takes as many bytes as the test lets it.</summary>
internal sealed class StreamBackend : ICharacterBackend
{
    private readonly Lock gate = new();
    private readonly List<byte> taken = [];
    private int room = int.MaxValue;
    private int resumes;

    public ICharacterFrontend? Frontend { get; private set; }

    public bool Forgets { get; init; }

    public Exception? Throws { get; set; }

    public bool IsDisposed { get; private set; }

    public int Resumes => Volatile.Read(ref resumes);

    public byte[] Taken
    {
        get
        {
            lock (gate)
            {
                return [.. taken];
            }
        }
    }

    public void SetRoom(int value)
    {
        lock (gate)
        {
            room = value;
        }
    }

    public void Start(ICharacterFrontend frontend)
    {
        Frontend = frontend;
        frontend.OnCapacityAvailable(() => Interlocked.Increment(ref resumes));
    }

    public int Write(ReadOnlySpan<byte> data)
    {
        if (Throws is not null)
        {
            throw Throws;
        }

        lock (gate)
        {
            int count = Math.Min(data.Length, room);
            room -= room == int.MaxValue ? 0 : count;
            if (!Forgets)
            {
                taken.AddRange(data[..count]);
            }

            return count;
        }
    }

    public void Dispose() => IsDisposed = true;
}
