namespace Limber.Interop;

/// <summary>A stream whose other end can hand over open descriptors beside bytes.</summary>
public interface IDescriptorStream
{
    /// <summary>
    /// Takes the descriptors that came with the bytes last read; null for none. They belong to the last of these bytes. What nobody has
    /// taken is closed by the next read, and with the stream. Thread: the reader's.
    /// </summary>
    ReceivedDescriptors? TakeDescriptors();
}
