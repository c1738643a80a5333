namespace Limber.Virtio.Mem;

/// <summary>The host side of a memory device.</summary>
/// <remarks>Thread: one at a time. Offsets and lengths are whole blocks inside the region.</remarks>
public interface IVirtioMemMemory
{
    /// <summary>Lets the guest reach unplugged blocks, which read as zeros; false, with nothing changed, when the host has no room.</summary>
    bool TryPlug(ulong offset, ulong length);

    /// <summary>Gives plugged blocks back to the host; false when it refuses, and the blocks stay plugged.</summary>
    bool TryUnplug(ulong offset, ulong length);
}
