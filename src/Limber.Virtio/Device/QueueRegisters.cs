namespace Limber.Virtio;

/// <summary>What the driver wrote about one queue. Guarded by the lock of <see cref="VirtioRegisters"/>.</summary>
internal sealed class QueueRegisters
{
    public QueueRegisters(int maximumSize)
    {
        MaximumSize = maximumSize;
        Size = maximumSize;
    }

    public int MaximumSize { get; }

    public int Size { get; set; }

    public ulong Descriptors { get; set; }

    public ulong Driver { get; set; }

    public ulong Device { get; set; }

    public bool IsEnabled { get; set; }

    /// <summary>True from the driver's wish until no thread touches the queue.</summary>
    public bool IsResetting { get; set; }

    public VirtqueueSettings Settings => new(Size, new(Descriptors), new(Driver), new(Device));

    public void Clear()
    {
        Size = MaximumSize;
        Descriptors = 0;
        Driver = 0;
        Device = 0;
        IsEnabled = false;
        IsResetting = false;
    }
}
