using System.Collections.Immutable;

namespace Limber.Control;

/// <summary>What a processor was about to do when it was looked at.</summary>
/// <param name="Index">Its slot.</param>
/// <param name="Activity">What it waits for, if it does not run instructions.</param>
/// <param name="General">The sixteen general registers in the order of their encoding: RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI, R8 to R15.</param>
/// <param name="Rip">Instruction pointer.</param>
/// <param name="Rflags">Flags.</param>
/// <param name="CsSelector">Selector of the code segment.</param>
/// <param name="CsBase">Linear address of the code segment; 0 in 64-bit mode.</param>
/// <param name="PrivilegeLevel">0 to 3.</param>
/// <param name="Cr0">Control register 0.</param>
/// <param name="Cr2">Address of the last page fault.</param>
/// <param name="Cr3">Page table.</param>
/// <param name="Cr4">Control register 4.</param>
/// <param name="Efer">Extended features.</param>
/// <param name="ApicBase">Mode and address of the local APIC.</param>
public sealed record CpuRegisters(
    int Index,
    CpuActivity Activity,
    ImmutableArray<ulong> General,
    ulong Rip,
    ulong Rflags,
    ushort CsSelector,
    ulong CsBase,
    int PrivilegeLevel,
    ulong Cr0,
    ulong Cr2,
    ulong Cr3,
    ulong Cr4,
    ulong Efer,
    ulong ApicBase);
