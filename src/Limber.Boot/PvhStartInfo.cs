using System;
using System.Buffers.Binary;
using Limber.Memory;

namespace Limber.Boot;

/// <summary>Writes <c>struct hvm_start_info</c>, which a PVH kernel finds behind EBX, and what it points to.</summary>
/// <remarks>
/// <code>
/// start info, 56 bytes             module, 32 bytes        memory map entry, 24 bytes
/// 0x00 u32 magic "xEn3"            0x00 u64 address        0x00 u64 address
/// 0x04 u32 version, 1              0x08 u64 size           0x08 u64 size
/// 0x08 u32 flags, 0                0x10 u64 command line   0x10 u32 type, as E820
/// 0x0c u32 number of modules       0x18 u64 0              0x14 u32 0
/// 0x10 u64 module list
/// 0x18 u64 command line
/// 0x20 u64 RSDP
/// 0x28 u64 memory map
/// 0x30 u32 memory map entries
/// 0x34 u32 0
/// </code>
/// </remarks>
// Spec: Xen xen/include/public/arch-x86/hvm/start_info.h and docs/misc/pvh.pandoc.
internal static class PvhStartInfo
{
    public const uint Magic = 0x336E_C578;
    public const int Size = 56;
    public const int ModuleSize = 32;
    public const int MemoryMapEntrySize = 24;

    private const uint Version = 1;

    public static void Write(GuestMemory memory, BootPlan plan)
    {
        bool hasModule = plan.Initramfs.Length != 0;
        E820Map map = plan.Request.MemoryMap;
        Span<byte> info = stackalloc byte[Size];
        info.Clear();
        Put32(info, 0x00, Magic);
        Put32(info, 0x04, Version);
        Put32(info, 0x0C, hasModule ? 1u : 0u);
        Put64(info, 0x10, hasModule ? BootAreaLayout.ModuleList.Value : 0);
        Put64(info, 0x18, plan.CommandLine.Value);
        Put64(info, 0x20, plan.Request.RsdpAddress.Value);
        Put64(info, 0x28, BootAreaLayout.PvhMemoryMap.Value);
        Put32(info, 0x30, (uint)map.Entries.Length);
        memory.Write(BootAreaLayout.StartInfo, info);
        if (hasModule)
        {
            memory.WriteUInt64(BootAreaLayout.ModuleList, plan.Initramfs.Start.Value);
            memory.WriteUInt64(BootAreaLayout.ModuleList + 8, plan.Initramfs.Length);
            memory.WriteUInt64(BootAreaLayout.ModuleList + 16, 0);
            memory.WriteUInt64(BootAreaLayout.ModuleList + 24, 0);
        }

        GuestAddress address = BootAreaLayout.PvhMemoryMap;
        foreach (E820Entry entry in map.Entries)
        {
            memory.WriteUInt64(address, entry.Range.Start.Value);
            memory.WriteUInt64(address + 8, entry.Range.Length);
            memory.WriteUInt64(address + 16, (uint)entry.Type);
            address += MemoryMapEntrySize;
        }
    }

    private static void Put32(Span<byte> bytes, int offset, uint value) =>
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[offset..], value);

    private static void Put64(Span<byte> bytes, int offset, ulong value) =>
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[offset..], value);
}
