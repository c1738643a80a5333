namespace Limber.VirtioDevices.Vsock;

/// <summary>Answers "no such connection" that wait for room in the receive queue; their number is limited.</summary>
/// <remarks>Thread: the device's loop.</remarks>
internal sealed class VsockResets
{
    private readonly VsockAddress[] waiting = new VsockAddress[64];
    private int first;

    public int Count { get; private set; }

    /// <summary>The device takes no packets then that could need an answer.</summary>
    public bool IsFull => Count == waiting.Length;

    public void Add(VsockAddress address)
    {
        waiting[(first + Count) % waiting.Length] = address;
        Count++;
    }

    public VsockAddress Take()
    {
        VsockAddress address = waiting[first];
        first = (first + 1) % waiting.Length;
        Count--;
        return address;
    }

    public void Clear() => Count = 0;
}
