using System;
using System.Buffers.Binary;
using Limber.Memory;

namespace Limber.Boot;

/// <summary>The processor modes in which guests are entered, without entry point and arguments.</summary>
internal static class ProcessorModes
{
    // Spec: Intel SDM volume 3A, 2.5 (control registers), 2.2.1 (IA32_EFER).
    private const ulong Cr0ProtectionEnable = 1UL << 0;
    private const ulong Cr0ExtensionType = 1UL << 4;
    private const ulong Cr0Paging = 1UL << 31;
    private const ulong Cr4PhysicalAddressExtension = 1UL << 5;
    private const ulong EferLongModeEnable = 1UL << 8;
    private const ulong EferLongModeActive = 1UL << 10;

    // Spec: Intel SDM volume 3A, 3.4.5.1 and 3.5 (descriptor types).
    private const byte CodeExecuteReadAccessed = 0xB;
    private const byte DataReadWriteAccessed = 0x3;
    private const byte BusyTaskState = 0xB;

    // Spec: Linux boot.rst, "64-bit Boot Protocol": __BOOT_CS is 0x10, __BOOT_DS is 0x18.
    private const ushort CodeSelector = 0x10;
    private const ushort DataSelector = 0x18;
    private const ushort TaskSelector = 0x20;

    private const uint TaskLimit = 0x67;
    private const ushort RealModeLimit = 0xFFFF;
    private const ushort RealModeIdtLimit = 0x3FF;

    /// <summary>Five descriptors; that of a task takes two places in long mode.</summary>
    private const int GdtSize = 6 * 8;

    /// <summary>Long mode with paging by the given root.</summary>
    public static BootRegisters Long(GuestAddress gdt, GuestAddress pageTableRoot) => Protected(gdt) with
    {
        Cr0 = Cr0ProtectionEnable | Cr0ExtensionType | Cr0Paging,
        Cr3 = pageTableRoot.Value,
        Cr4 = Cr4PhysicalAddressExtension,
        Efer = EferLongModeEnable | EferLongModeActive,
        Code = new BootSegment(CodeSelector, 0, uint.MaxValue, CodeExecuteReadAccessed, IsCodeOrData: true, Is64Bit: true),
    };

    /// <summary>32-bit protected mode with flat segments and without paging.</summary>
    public static BootRegisters Protected(GuestAddress gdt) => new()
    {
        Cr0 = Cr0ProtectionEnable | Cr0ExtensionType,
        Code = new BootSegment(CodeSelector, 0, uint.MaxValue, CodeExecuteReadAccessed, IsCodeOrData: true, Is32Bit: true),
        Data = new BootSegment(DataSelector, 0, uint.MaxValue, DataReadWriteAccessed, IsCodeOrData: true, Is32Bit: true),
        Task = new BootSegment(TaskSelector, 0, TaskLimit, BusyTaskState, IsCodeOrData: false),
        GdtBase = gdt.Value,
        GdtLimit = GdtSize - 1,
    };

    /// <summary>16-bit real mode with all segments at address 0.</summary>
    public static BootRegisters Real() => new()
    {
        Cr0 = Cr0ExtensionType,
        Code = new BootSegment(0, 0, RealModeLimit, CodeExecuteReadAccessed, IsCodeOrData: true),
        Data = new BootSegment(0, 0, RealModeLimit, DataReadWriteAccessed, IsCodeOrData: true),
        Task = new BootSegment(0, 0, RealModeLimit, BusyTaskState, IsCodeOrData: false),
        IdtLimit = RealModeIdtLimit,
    };

    /// <summary>Writes the descriptor table that the registers refer to.</summary>
    public static void WriteGdt(GuestMemory memory, BootRegisters registers)
    {
        Span<byte> table = stackalloc byte[GdtSize];
        table.Clear();
        Put(table, registers.Code);
        Put(table, registers.Data);
        Put(table, registers.Task);
        memory.Write(new GuestAddress(registers.GdtBase), table);
    }

    private static void Put(Span<byte> table, BootSegment segment) =>
        BinaryPrimitives.WriteUInt64LittleEndian(table[segment.Selector..], segment.Descriptor);
}
