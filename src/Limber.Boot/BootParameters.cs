using System;
using System.Buffers.Binary;
using Limber.Memory;

namespace Limber.Boot;

/// <summary>Writes <c>struct boot_params</c>, the page that the Linux 64-bit entry finds behind RSI.</summary>
// Spec: Linux Documentation/arch/x86/zero-page.rst and arch/x86/include/uapi/asm/bootparam.h.
internal static class BootParameters
{
    public const int Size = 4096;
    public const int AcpiRsdpAddress = 0x070;
    public const int ExtendedRamdiskImage = 0x0C0;
    public const int ExtendedRamdiskSize = 0x0C4;
    public const int ExtendedCommandLinePointer = 0x0C8;
    public const int E820Entries = 0x1E8;
    public const int E820Table = 0x2D0;
    public const int E820EntrySize = 20;

    public static void Write(GuestMemory memory, BootPlan plan, ReadOnlySpan<byte> setupHeader)
    {
        Span<byte> page = stackalloc byte[Size];
        page.Clear();
        setupHeader.CopyTo(page[SetupHeader.Start..]);
        WriteLoaderFields(page, plan);
        WriteMemoryMap(page, plan.Request.MemoryMap);
        memory.Write(BootAreaLayout.BootParameters, page);
    }

    private static void WriteLoaderFields(Span<byte> page, BootPlan plan)
    {
        page[SetupHeader.TypeOfLoader] = SetupHeader.UndefinedLoader;
        page[SetupHeader.LoadFlags] |= SetupHeader.LoadedHigh | SetupHeader.CanUseHeap;
        Put16(page, SetupHeader.VideoMode, SetupHeader.NormalVideoMode);
        Put16(page, SetupHeader.HeapEnd, SetupHeader.HeapEndValue);

        // A list of setup_data belongs to the boot loader; none is passed whatever the file holds there.
        Put64(page, SetupHeader.SetupData, 0);
        PutSplit(page, SetupHeader.CommandLinePointer, ExtendedCommandLinePointer, plan.CommandLine.Value);
        PutSplit(page, SetupHeader.RamdiskImage, ExtendedRamdiskImage, plan.Initramfs.Start.Value);
        PutSplit(page, SetupHeader.RamdiskSize, ExtendedRamdiskSize, plan.Initramfs.Length);
        Put64(page, AcpiRsdpAddress, plan.Request.RsdpAddress.Value);
    }

    private static void WriteMemoryMap(Span<byte> page, E820Map map)
    {
        page[E820Entries] = (byte)map.Entries.Length;
        int offset = E820Table;
        foreach (E820Entry entry in map.Entries)
        {
            Put64(page, offset, entry.Range.Start.Value);
            Put64(page, offset + 8, entry.Range.Length);
            Put32(page, offset + 16, (uint)entry.Type);
            offset += E820EntrySize;
        }
    }

    private static void PutSplit(Span<byte> page, int low, int high, ulong value)
    {
        Put32(page, low, (uint)(value & uint.MaxValue));
        Put32(page, high, (uint)(value >> 32));
    }

    private static void Put16(Span<byte> page, int offset, ushort value) =>
        BinaryPrimitives.WriteUInt16LittleEndian(page[offset..], value);

    private static void Put32(Span<byte> page, int offset, uint value) =>
        BinaryPrimitives.WriteUInt32LittleEndian(page[offset..], value);

    private static void Put64(Span<byte> page, int offset, ulong value) =>
        BinaryPrimitives.WriteUInt64LittleEndian(page[offset..], value);
}
