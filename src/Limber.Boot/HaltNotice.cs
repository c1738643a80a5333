using System;
using System.Text;
using Limber.Memory;

namespace Limber.Boot;

/// <summary>
/// What a machine without a kernel runs: real-mode code that says so on the first serial port and halts for good.
/// </summary>
public static class HaltNotice
{
    /// <summary>What is printed.</summary>
    public const string Message = "Limber: no kernel was given (-kernel); the machine is halted.\r\n";

    /// <summary>Where the code lies, as a boot sector would; the stack is below it.</summary>
    public static readonly GuestAddress LoadAddress = new(0x7C00);

    // A port that never gets ready (4096 tries a character) ends the message, not the halt. Plain integer
    // instructions only: no string instructions, nothing that an instruction emulator might lack.
    private static ReadOnlySpan<byte> Code =>
    [
        0xFA,                   // 7c00         cli
        0x31, 0xC0,             // 7c01         xor  ax, ax
        0x8E, 0xD8,             // 7c03         mov  ds, ax
        0xBE, 0x2B, 0x7C,       // 7c05         mov  si, 7c2bh          ; message
        0x8A, 0x1C,             // 7c08  next:  mov  bl, [si]
        0x84, 0xDB,             // 7c0a         test bl, bl
        0x74, 0x19,             // 7c0c         je   halt
        0x46,                   // 7c0e         inc  si
        0xB9, 0x00, 0x10,       // 7c0f         mov  cx, 1000h
        0xBA, 0xFD, 0x03,       // 7c12         mov  dx, 3fdh           ; line status
        0xEC,                   // 7c15  wait:  in   al, dx
        0xA8, 0x20,             // 7c16         test al, 20h            ; transmitter holding register empty
        0x75, 0x05,             // 7c18         jne  ready
        0x49,                   // 7c1a         dec  cx
        0x75, 0xF8,             // 7c1b         jne  wait
        0xEB, 0x08,             // 7c1d         jmp  halt
        0xBA, 0xF8, 0x03,       // 7c1f  ready: mov  dx, 3f8h           ; transmitter holding register
        0x88, 0xD8,             // 7c22         mov  al, bl
        0xEE,                   // 7c24         out  dx, al
        0xEB, 0xE1,             // 7c25         jmp  next
        0xFA,                   // 7c27  halt:  cli
        0xF4,                   // 7c28         hlt
        0xEB, 0xFC,             // 7c29         jmp  halt
    ];                          // 7c2b         message, ended by a zero

    /// <summary>The code, the message behind it, and a zero.</summary>
    public static byte[] Image() => [.. Code, .. Encoding.ASCII.GetBytes(Message), 0];

    /// <summary>Writes the notice into memory that has at least the first 64 KiB.</summary>
    public static BootEntry Load(GuestMemory memory)
    {
        ArgumentNullException.ThrowIfNull(memory);
        byte[] image = Image();
        memory.Write(LoadAddress, image);
        BootRegisters registers = ProcessorModes.Real() with { Rip = LoadAddress.Value, Rsp = LoadAddress.Value };
        return new BootEntry(BootProtocol.RealMode, registers, new GuestRange(LoadAddress, (ulong)image.Length), default);
    }
}
