using System.Collections.Generic;
using System.Text;
using Iced.Intel;

namespace Limber.Boot.Tests;

public sealed class HaltNoticeTests
{
    [Fact]
    public void Image_Disassembled_IsTheDocumentedProgram()
    {
        string[] expected =
        [
            "7C00 cli", "7C01 xor ax,ax", "7C03 mov ds,ax", "7C05 mov si,7C2Bh", "7C08 mov bl,[si]", "7C0A test bl,bl",
            "7C0C je short 7C27h", "7C0E inc si", "7C0F mov cx,1000h", "7C12 mov dx,3FDh", "7C15 in al,dx",
            "7C16 test al,20h", "7C18 jne short 7C1Fh", "7C1A dec cx", "7C1B jne short 7C15h", "7C1D jmp short 7C27h",
            "7C1F mov dx,3F8h", "7C22 mov al,bl", "7C24 out dx,al", "7C25 jmp short 7C08h", "7C27 cli", "7C28 hlt",
            "7C29 jmp short 7C27h",
        ];
        byte[] image = HaltNotice.Image();
        Iced.Intel.Decoder decoder = Iced.Intel.Decoder.Create(16, image, 0x7C00);
        NasmFormatter formatter = new();
        formatter.Options.LeadingZeros = false;
        formatter.Options.SmallHexNumbersInDecimal = false;
        formatter.Options.ShowBranchSize = true;
        List<string> actual = [];
        while (decoder.IP < 0x7C2B)
        {
            decoder.Decode(out Instruction instruction);
            StringOutput text = new();
            formatter.Format(instruction, text);
            actual.Add($"{instruction.IP16:X4} {text.ToStringAndReset()}");
        }

        Assert.Equal(expected, actual);
        Assert.Equal(HaltNotice.Message + "\0", Encoding.ASCII.GetString(image, 0x2B, image.Length - 0x2B));
    }

    [Fact]
    public void Load_StartsAtTheCodeInRealMode()
    {
        using TestMachine machine = new(MemoryLayout.MinimumSize);
        BootEntry entry = HaltNotice.Load(machine.Memory);
        Assert.Equal(BootProtocol.RealMode, entry.Protocol);
        Assert.Equal(0x7C00UL, entry.Registers.Rip);
        Assert.Equal(0UL, entry.Registers.Cr0 & 0x8000_0001);
        Assert.Equal(0UL, entry.Registers.Efer | entry.Registers.Cr4);
        Assert.Equal(new BootSegment(0, 0, 0xFFFF, 0xB, IsCodeOrData: true), entry.Registers.Code);
        Assert.Equal(HaltNotice.Image(), machine.Bytes(0x7C00, HaltNotice.Image().Length));
    }
}
