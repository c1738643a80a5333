using System;
using System.Collections.Concurrent;
using System.Threading;
using Limber.Interop;
using Limber.Net;
using Limber.VirtioDevices.Net;

namespace Limber.VirtioDevices.Tests.Fakes;

/// <summary>A network as the test wants it; allocates only when it records.</summary>
internal sealed unsafe class FakeNetBackend : INetBackend
{
    private readonly HostEvent[] readable;
    private readonly HostEvent[] writable;
    private readonly byte[] buffer = new byte[70_000];
    private int sentCount;
    private int waiting;

    public FakeNetBackend(int pairs = 1)
    {
        Pairs = pairs;
        readable = Create(pairs, signalled: false);
        writable = Create(pairs, signalled: true);
        ActivePairs = pairs;
    }

    public string Name => "fake0";

    public int Pairs { get; }

    public FileDescriptor? LossDescriptor => null;

    public bool CheckLost() => false;

    public TapOffloads SupportedOffloads { get; init; } =
        TapOffloads.Checksum | TapOffloads.Tcp4 | TapOffloads.Tcp6 | TapOffloads.TcpEcn | TapOffloads.Udp;

    /// <summary>Keep what is sent, besides counting it.</summary>
    public bool Records { get; init; }

    public ConcurrentQueue<(int Pair, byte[] Frame)> Sent { get; } = new();

    public int SentCount => Volatile.Read(ref sentCount);

    /// <summary>What every frame is that is received; with its header.</summary>
    public byte[] Frame { get; set; } = new byte[72];

    /// <summary>What Send answers instead of sending, or 0.</summary>
    public int SendError { get; set; }

    /// <summary>What Receive answers when not 0.</summary>
    public int ReceiveError { get; set; }

    public TapOffloads Offloads { get; private set; }

    public int ActivePairs { get; private set; }

    public bool IsDisposed { get; private set; }

    public int Receives { get; private set; }

    /// <summary>Makes frames available in queue 0.</summary>
    public void Offer(int frames)
    {
        Interlocked.Add(ref waiting, frames);
        readable[0].Signal();
    }

    public void Unblock()
    {
        SendError = 0;
        writable[0].Signal();
    }

    public void Block()
    {
        SendError = -ErrorNumber.EAGAIN;
        writable[0].Clear();
    }

    public FileDescriptor GetReceiveDescriptor(int pair) => readable[pair].Descriptor;

    public FileDescriptor GetSendDescriptor(int pair) => writable[pair].Descriptor;

    public int Receive(int pair, ReadOnlySpan<IoVector> target)
    {
        Receives++;
        if (ReceiveError != 0)
        {
            return ReceiveError;
        }

        if (Volatile.Read(ref waiting) == 0)
        {
            readable[0].Clear();
            if (Volatile.Read(ref waiting) == 0)
            {
                return -ErrorNumber.EAGAIN;
            }
        }

        Interlocked.Decrement(ref waiting);
        int done = 0;
        foreach (IoVector part in target)
        {
            int length = Math.Min(Frame.Length - done, (int)part.Length);
            Frame.AsSpan(done, length).CopyTo(new Span<byte>((void*)part.Base, length));
            done += length;
        }

        return done;
    }

    public int Send(int pair, ReadOnlySpan<IoVector> source)
    {
        if (SendError != 0)
        {
            return SendError;
        }

        int done = 0;
        foreach (IoVector part in source)
        {
            new ReadOnlySpan<byte>((void*)part.Base, (int)part.Length).CopyTo(buffer.AsSpan(done));
            done += (int)part.Length;
        }

        if (Records)
        {
            Sent.Enqueue((pair, buffer[..done]));
        }

        Interlocked.Increment(ref sentCount);
        return done;
    }

    public void SetOffloads(TapOffloads offloads) => Offloads = offloads;

    public void SetActivePairs(int count) => ActivePairs = count;

    public void Dispose()
    {
        IsDisposed = true;
        Array.ForEach(readable, e => e.Dispose());
        Array.ForEach(writable, e => e.Dispose());
    }

    private static HostEvent[] Create(int count, bool signalled)
    {
        var events = new HostEvent[count];
        for (int i = 0; i < count; i++)
        {
            events[i] = new HostEvent();
            if (signalled)
            {
                events[i].Signal();
            }
        }

        return events;
    }
}
