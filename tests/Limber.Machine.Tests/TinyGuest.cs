using System;
using System.Buffers.Binary;
using System.Collections.Immutable;
using System.IO;
using System.Linq;
using Iced.Intel;
using Limber.Config;
using Limber.Cpu;

namespace Limber.Machine.Tests;

/// <summary>Kernels of a few instructions, in an ELF file with the note that PVH wants, and machines to run them.</summary>
internal sealed class TinyGuest : IDisposable
{
    private const ulong LoadAddress = 0x10_0000;
    private readonly string directory = Directory.CreateTempSubdirectory("tiny").FullName;

    /// <param name="assemble">Writes 32-bit protected mode code, which is entered at its first instruction.</param>
    public TinyGuest(Action<Assembler> assemble)
    {
        var assembler = new Assembler(32);
        assemble(assembler);
        using var code = new MemoryStream();
        assembler.Assemble(new StreamCodeWriter(code), LoadAddress);
        File.WriteAllBytes(KernelPath, MakeElf(code.ToArray()));
    }

    public string KernelPath => Path.Combine(directory, "kernel");

    public MemoryBackend Serial { get; } = new();

    public static bool HostHasKvm => File.Exists("/dev/kvm");

    public static VmConfig Configure(string? kernel, int boot = 1, int max = 1) => new()
    {
        Cpus = new CpuConfig { Boot = boot, Max = max, Topology = new CpuTopology(1, 1, 1, max, 1), Model = "qemu64" },
        Memory = new MemoryConfig(16 << 20),
        Payload = new PayloadConfig(kernel),
    };

    /// <summary>Creates a machine for the kernel, not running yet.</summary>
    public VirtualMachine Create(int boot = 1, int max = 1, Func<VmConfig, VmConfig>? change = null)
    {
        VmConfig config = Configure(KernelPath, boot, max);
        return VirtualMachine.Create(change?.Invoke(config) ?? config, new MachineEnvironment { SerialBackends = [Serial] });
    }

    /// <summary>Code that sends one character to COM1.</summary>
    public static void Print(Assembler c, char character)
    {
        c.mov(AssemblerRegisters.dx, 0x3F8);
        c.mov(AssemblerRegisters.al, (byte)character);
        c.@out(AssemblerRegisters.dx, AssemblerRegisters.al);
    }

    /// <summary>Code that stops for good.</summary>
    public static void Halt(Assembler c)
    {
        Label forever = c.CreateLabel();
        c.nop();
        c.Label(ref forever);
        c.cli();
        c.hlt();
        c.jmp(forever);
    }

    public void Dispose() => Directory.Delete(directory, recursive: true);

    // One loadable segment and one note: name "Xen", type 18 (XEN_ELFNOTE_PHYS32_ENTRY), the entry point.
    private static byte[] MakeElf(byte[] code)
    {
        const int headers = 64 + (2 * 56);
        const int noteSize = 12 + 4 + 8;
        byte[] file = new byte[headers + noteSize + code.Length];
        Span<byte> f = file;
        ((ReadOnlySpan<byte>)[0x7F, (byte)'E', (byte)'L', (byte)'F', 2, 1, 1]).CopyTo(f);
        Put16(f, 16, 2);
        Put16(f, 18, 62);
        Put32(f, 20, 1);
        Put64(f, 24, LoadAddress);
        Put64(f, 32, 64);
        Put16(f, 52, 64);
        Put16(f, 54, 56);
        Put16(f, 56, 2);
        WriteProgramHeader(f[64..], type: 4, flags: 4, headers, 0, noteSize);
        WriteProgramHeader(f[(64 + 56)..], type: 1, flags: 7, headers + noteSize, LoadAddress, (ulong)code.Length);
        Span<byte> note = f[headers..];
        Put32(note, 0, 4);
        Put32(note, 4, 8);
        Put32(note, 8, 18);
        "Xen\0"u8.CopyTo(note[12..]);
        Put64(note, 16, LoadAddress);
        code.CopyTo(f[(headers + noteSize)..]);
        return file;
    }

    private static void WriteProgramHeader(Span<byte> header, uint type, uint flags, ulong offset, ulong address, ulong size)
    {
        Put32(header, 0, type);
        Put32(header, 4, flags);
        Put64(header, 8, offset);
        Put64(header, 16, address);
        Put64(header, 24, address);
        Put64(header, 32, size);
        Put64(header, 40, size);
        Put64(header, 48, 4);
    }

    private static void Put16(Span<byte> target, int offset, ushort value) => BinaryPrimitives.WriteUInt16LittleEndian(target[offset..], value);

    private static void Put32(Span<byte> target, int offset, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(target[offset..], value);

    private static void Put64(Span<byte> target, int offset, ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(target[offset..], value);
}
