using System;
using System.Buffers.Binary;
using System.Text;

namespace Limber.Cpu;

/// <summary>The twelve characters of CPUID leaf 0 that name the maker.</summary>
public readonly record struct CpuVendor(string Id)
{
    /// <summary>GenuineIntel.</summary>
    public static CpuVendor Intel { get; } = new("GenuineIntel");

    /// <summary>AuthenticAMD.</summary>
    public static CpuVendor Amd { get; } = new("AuthenticAMD");

    /// <summary>HygonGenuine.</summary>
    public static CpuVendor Hygon { get; } = new("HygonGenuine");

    /// <summary>CentaurHauls, which Zhaoxin took over.</summary>
    public static CpuVendor Centaur { get; } = new("CentaurHauls");

    /// <summary>Whether the CPU follows AMD's manual: AMD itself and Hygon.</summary>
    public bool IsAmdLike => Id is "AuthenticAMD" or "HygonGenuine";

    /// <summary>Length of a vendor id in characters.</summary>
    public const int Length = 12;

    internal (uint Ebx, uint Ecx, uint Edx) ToRegisters()
    {
        Span<byte> text = stackalloc byte[Length];
        text.Clear();
        Encoding.ASCII.GetBytes(Id.AsSpan(0, Math.Min(Id.Length, Length)), text);
        return (
            BinaryPrimitives.ReadUInt32LittleEndian(text),
            BinaryPrimitives.ReadUInt32LittleEndian(text[8..]),
            BinaryPrimitives.ReadUInt32LittleEndian(text[4..]));
    }

    internal static CpuVendor FromRegisters(uint ebx, uint ecx, uint edx)
    {
        Span<byte> text = stackalloc byte[Length];
        BinaryPrimitives.WriteUInt32LittleEndian(text, ebx);
        BinaryPrimitives.WriteUInt32LittleEndian(text[4..], edx);
        BinaryPrimitives.WriteUInt32LittleEndian(text[8..], ecx);
        return new CpuVendor(Encoding.ASCII.GetString(text));
    }
}
