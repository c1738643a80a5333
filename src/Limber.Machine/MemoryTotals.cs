using System.Linq;

namespace Limber.Machine;

/// <summary>How much memory the machine has, and how much it will have.</summary>
/// <remarks>Thread: with the control lock held.</remarks>
internal sealed class MemoryTotals(MachinePlatform platform, DimmSet dimms, VirtioMemSet virtioMem)
{
    /// <summary>Bytes that memory devices give the guest now.</summary>
    public ulong GetPlugged()
    {
        ulong plugged = 0;
        foreach (DimmState dimm in dimms.Attached)
        {
            plugged += dimm.Size;
        }

        foreach (VirtioMemTarget device in virtioMem.GetAll())
        {
            plugged += device.Memory.PluggedSize;
        }

        return plugged;
    }

    /// <summary>Bytes of boot memory and what memory devices give the guest now.</summary>
    public ulong GetTotal() => platform.Config.Memory.Size + GetPlugged();

    /// <summary>Bytes in all when everything that is asked for is done.</summary>
    public ulong GetExpected()
    {
        ulong size = platform.Config.Memory.Size;
        foreach (DimmState dimm in dimms.Attached.Where(d => d.Removal is null))
        {
            size += dimm.Size;
        }

        foreach (VirtioMemTarget device in virtioMem.GetAll())
        {
            size += device.Memory.RequestedSize;
        }

        return size;
    }
}
