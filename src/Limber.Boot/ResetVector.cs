using System;
using Limber.Memory;

namespace Limber.Boot;

/// <summary>
/// What firmware has at F000:FFF0, where a processor starts and where software jumps to restart a PC: code that resets the
/// machine. Linux goes there when it may not use ACPI's reset register, which it believes of every hardware-reduced machine
/// that was not started by EFI.
/// </summary>
public static class ResetVector
{
    /// <summary>Guest physical address of F000:FFF0, in the reserved part of the first MiB.</summary>
    public static readonly GuestAddress Address = new(0xF_FFF0);

    private const int ResetPortOffset = 1;

    private static ReadOnlySpan<byte> Code =>
    [
        0xBA, 0x00, 0x00,       // fff0         mov  dx, port
        0xB0, 0x00,             // fff3         mov  al, value
        0xEE,                   // fff5         out  dx, al
        0xFA,                   // fff6  halt:  cli
        0xF4,                   // fff7         hlt
        0xEB, 0xFC,             // fff8         jmp  halt
    ];

    /// <summary>Writes the code for a machine that resets when <paramref name="value"/> is written to <paramref name="port"/>.</summary>
    public static void Load(GuestMemory memory, ushort port, byte value)
    {
        ArgumentNullException.ThrowIfNull(memory);
        byte[] code = Code.ToArray();
        code[ResetPortOffset] = (byte)(port & 0xFF);
        code[ResetPortOffset + 1] = (byte)(port >> 8);
        code[ResetPortOffset + 3] = value;
        memory.Write(Address, code);
    }
}
