namespace Limber.Pci;

/// <summary>The three windows of a bridge, inclusive; one whose limit is below its base forwards nothing (PCI-to-PCI Bridge 1.2, 3.2.5).</summary>
internal readonly record struct BridgeWindows(
    ulong IoBase, ulong IoLimit, ulong MemoryBase, ulong MemoryLimit, ulong PrefetchableBase, ulong PrefetchableLimit)
{
    private const ulong IoGrain = 0x1000;
    private const ulong MemoryGrain = 0x10_0000;

    /// <summary>Windows that forward nothing: their limits are below their bases.</summary>
    public static BridgeWindows None => Of(default, default, default);

    /// <summary>Windows over spans; an empty span makes one that forwards nothing.</summary>
    public static BridgeWindows Of(AddressSpan io, AddressSpan memory, AddressSpan prefetchable)
    {
        const ulong ClosedIo = 0xF000;
        const ulong ClosedMemory = 0xFFF0_0000;
        return new BridgeWindows(
            io.Length == 0 ? ClosedIo : io.Start,
            io.Length == 0 ? IoGrain - 1 : io.Last,
            memory.Length == 0 ? ClosedMemory : memory.Start,
            memory.Length == 0 ? MemoryGrain - 1 : memory.Last,
            prefetchable.Length == 0 ? ClosedMemory : prefetchable.Start,
            prefetchable.Length == 0 ? MemoryGrain - 1 : prefetchable.Last);
    }

    public static BridgeWindows Read(PciConfigSpace config)
    {
        ulong ioBase = ((ulong)config.GetUInt16(PciRegisters.IoBaseUpper) << 16) | ((config.GetByte(PciRegisters.IoBase) & 0xF0u) << 8);
        ulong ioLimit = ((ulong)config.GetUInt16(PciRegisters.IoLimitUpper) << 16) | ((config.GetByte(PciRegisters.IoLimit) & 0xF0u) << 8);
        ulong prefetchableBase = Join(config.GetUInt16(PciRegisters.PrefetchableBase), config.GetUInt32(PciRegisters.PrefetchableBaseUpper));
        ulong prefetchableLimit = Join(config.GetUInt16(PciRegisters.PrefetchableLimit), config.GetUInt32(PciRegisters.PrefetchableLimitUpper));
        return new BridgeWindows(
            ioBase,
            ioLimit | (IoGrain - 1),
            Join(config.GetUInt16(PciRegisters.MemoryBase), 0),
            Join(config.GetUInt16(PciRegisters.MemoryLimit), 0) | (MemoryGrain - 1),
            prefetchableBase,
            prefetchableLimit | (MemoryGrain - 1));
    }

    /// <summary>Programs a bridge, as firmware would.</summary>
    public void Write(PciConfigSpace config)
    {
        config.Change(PciRegisters.IoBase, 0xF0F0, unchecked((ushort)(((IoBase >> 8) & 0xF0) | (IoLimit & 0xF000))));
        config.SetUInt16(PciRegisters.IoBaseUpper, (ushort)(IoBase >> 16));
        config.SetUInt16(PciRegisters.IoLimitUpper, (ushort)(IoLimit >> 16));
        config.SetUInt16(PciRegisters.MemoryBase, (ushort)((MemoryBase >> 16) & 0xFFF0));
        config.SetUInt16(PciRegisters.MemoryLimit, (ushort)((MemoryLimit >> 16) & 0xFFF0));
        config.Change(PciRegisters.PrefetchableBase, 0xFFF0, (ushort)((PrefetchableBase >> 16) & 0xFFF0));
        config.Change(PciRegisters.PrefetchableLimit, 0xFFF0, (ushort)((PrefetchableLimit >> 16) & 0xFFF0));
        config.SetUInt32(PciRegisters.PrefetchableBaseUpper, (uint)(PrefetchableBase >> 32));
        config.SetUInt32(PciRegisters.PrefetchableLimitUpper, (uint)(PrefetchableLimit >> 32));
    }

    /// <summary>The whole range goes through one of the windows.</summary>
    public bool Contains(bool io, ulong start, ulong length) => io
        ? Contains(IoBase, IoLimit, start, length)
        : Contains(MemoryBase, MemoryLimit, start, length) || Contains(PrefetchableBase, PrefetchableLimit, start, length);

    private static ulong Join(ushort low, uint high) => ((ulong)high << 32) | ((low & 0xFFF0UL) << 16);

    private static bool Contains(ulong first, ulong last, ulong start, ulong length) =>
        first <= last && start >= first && start <= last && length - 1 <= last - start;
}
