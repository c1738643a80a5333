using System;

namespace Limber.Cpu;

/// <summary>
/// One CPUID leaf, field for field as in <c>struct kvm_cpuid_entry2</c> without its padding.
/// The function is EAX on entry and the index is ECX on entry, which takes part in the lookup only if
/// bit 0 of the flags (<see cref="SignificantIndex"/>) is set.
/// </summary>
public readonly record struct CpuidEntry(
    uint Function, uint Index, uint Flags, uint Eax, uint Ebx, uint Ecx, uint Edx)
{
    /// <summary><c>KVM_CPUID_FLAG_SIGNIFCANT_INDEX</c>, spelled right.</summary>
    public const uint SignificantIndex = 1;

    /// <summary>The value of one register.</summary>
    public uint this[CpuidRegister register] => register switch
    {
        CpuidRegister.Eax => Eax,
        CpuidRegister.Ebx => Ebx,
        CpuidRegister.Ecx => Ecx,
        CpuidRegister.Edx => Edx,
        _ => throw new ArgumentOutOfRangeException(nameof(register), register, "no such CPUID register"),
    };

    /// <summary>A copy with one register replaced.</summary>
    public CpuidEntry With(CpuidRegister register, uint value) => register switch
    {
        CpuidRegister.Eax => this with { Eax = value },
        CpuidRegister.Ebx => this with { Ebx = value },
        CpuidRegister.Ecx => this with { Ecx = value },
        CpuidRegister.Edx => this with { Edx = value },
        _ => throw new ArgumentOutOfRangeException(nameof(register), register, "no such CPUID register"),
    };

    /// <summary>All four registers are zero: the guest sees the same without this entry.</summary>
    public bool IsZero => (Eax | Ebx | Ecx | Edx) == 0;
}
