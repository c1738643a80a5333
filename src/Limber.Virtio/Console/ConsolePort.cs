using System;
using System.Text;
using System.Threading;
using Limber.Device;
using Limber.Interop;

namespace Limber.Virtio.Console;

/// <summary>One port: a bounded buffer for what comes from the host, and the request that is on its way to it.</summary>
/// <remarks>
/// Thread: <see cref="ICharacterFrontend"/>'s members the back end's; everything else the device's loop.
/// Lock order: <see cref="gate"/> is a leaf; the back end is called outside of it.
/// </remarks>
internal sealed class ConsolePort : ICharacterFrontend, IDisposable
{
    private const int InputCapacity = 4096;

    private readonly Lock gate = new();
    private readonly byte[] input = new byte[InputCapacity];
    private Action? resume;
    private int first;
    private int count;
    private bool open;

    public ConsolePort(int number, VirtioConsolePortOptions options)
    {
        Number = number;
        Backend = options.Backend;
        IsConsole = options.IsConsole;
        Name = Encoding.UTF8.GetBytes(options.Name ?? "");
    }

    public int Number { get; }

    public bool IsConsole { get; }

    public byte[] Name { get; }

    public ICharacterBackend Backend { get; }

    /// <summary>Signalled when input came or the back end has room again.</summary>
    public HostEvent Activity { get; } = new();

    public PortNews News { get; set; }

    /// <summary>The driver answered PORT_ADD and may be told more.</summary>
    public bool IsReady { get; set; }

    /// <summary>What the driver sends and the back end has not taken completely; null for nothing.</summary>
    public DescriptorChain? Sending { get; set; }

    /// <summary>Bytes that the back end has taken of it, also while it is put back.</summary>
    public long Sent { get; set; }

    public Virtqueue? ReceiveQueue { get; set; }

    public Virtqueue? TransmitQueue { get; set; }

    public bool HasInput
    {
        get
        {
            lock (gate)
            {
                return count != 0;
            }
        }
    }

    int ICharacterFrontend.ReceiveCapacity
    {
        get
        {
            lock (gate)
            {
                return open ? InputCapacity - count : 0;
            }
        }
    }

    /// <summary>Whether somebody in the guest reads; without that the back end keeps what it has.</summary>
    public void SetOpen(bool value)
    {
        bool grew;
        lock (gate)
        {
            grew = value && !open;
            open = value;
        }

        if (grew)
        {
            resume?.Invoke();
        }
    }

    /// <summary>Forgets what the guest has not read.</summary>
    public void DropInput()
    {
        lock (gate)
        {
            first = 0;
            count = 0;
        }
    }

    /// <summary>Moves input into a buffer of the driver's; returns the number of bytes.</summary>
    public uint TakeInput(SegmentWriter writer)
    {
        uint taken = 0;
        bool wasFull;
        lock (gate)
        {
            wasFull = count == InputCapacity;
            while (count != 0 && writer.Remaining != 0)
            {
                int piece = writer.Write(input.AsSpan(first, Math.Min(count, InputCapacity - first)));
                first = (first + piece) % InputCapacity;
                count -= piece;
                taken += (uint)piece;
            }
        }

        if (wasFull && taken != 0)
        {
            resume?.Invoke();
        }

        return taken;
    }

    void ICharacterFrontend.Receive(ReadOnlySpan<byte> data)
    {
        lock (gate)
        {
            // A port may close between the question for room and the answer; what doesn't fit is lost, as on a wire.
            int length = Math.Min(data.Length, InputCapacity - count);
            for (int done = 0; done < length;)
            {
                int end = (first + count) % InputCapacity;
                int piece = Math.Min(length - done, InputCapacity - end);
                data.Slice(done, piece).CopyTo(input.AsSpan(end));
                count += piece;
                done += piece;
            }
        }

        Activity.Signal();
    }

    void ICharacterFrontend.OutputDrained() => Activity.Signal();

    void ICharacterFrontend.OnCapacityAvailable(Action resume) => this.resume = resume;

    public void Dispose()
    {
        Backend.Dispose();
        Activity.Dispose();
    }
}
