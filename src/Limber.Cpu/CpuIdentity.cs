using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Text;

namespace Limber.Cpu;

/// <summary>
/// Who the guest's CPU says it is: the model, or the host, with the user's changes. The signature is
/// family, model and stepping as in leaf 1 EAX; the brand is the 48 bytes of leaves 0x80000002 to
/// 0x80000004, or empty.
/// </summary>
/// <remarks>
/// The vendor is the host's, whatever the model's, unless the user sets one. A guest chooses instructions by it that
/// differ in the hardware: the hypercall (VMCALL or VMMCALL), SYSCALL and SYSENTER in compatibility mode. KVM meets the
/// wrong hypercall by writing the right one over it, in a kernel's read-only text: a panic.
/// </remarks>
internal sealed record CpuIdentity(CpuVendor Vendor, uint Signature, byte[] Brand)
{
    private const uint FirstBrandLeaf = 0x80000002;
    private const int BrandLength = 48;

    internal static CpuIdentity Of(
        CpuSpec spec, IReadOnlyList<CpuidEntry> supported, CpuidHostCapabilities capabilities)
    {
        CpuModelOptions options = spec.Options;
        CpuModel model = spec.Model;
        CpuidEntry leaf0 = Find(supported, 0);
        CpuVendor vendor = leaf0.IsZero ? model.Vendor : CpuVendor.FromRegisters(leaf0.Ebx, leaf0.Ecx, leaf0.Edx);
        (int family, int number, int stepping) = (model.Family, model.Model, model.Stepping);
        byte[] brand = Encode(options.ModelId ?? model.ModelId);
        if (model.IsHost)
        {
            (family, number, stepping) = DecodeSignature(Find(supported, 1).Eax);
            brand = options.ModelId is null ? HostBrand(supported, capabilities) : brand;
        }

        return new CpuIdentity(
            options.Vendor ?? vendor,
            EncodeSignature(options.Family ?? family, options.Model ?? number, options.Stepping ?? stepping),
            brand);
    }

    internal void AddBrand(CpuidTable table)
    {
        for (int i = 0; i < Brand.Length; i += 16)
        {
            ReadOnlySpan<byte> part = Brand.AsSpan(i, 16);
            table.Set(
                FirstBrandLeaf + (uint)(i / 16),
                BinaryPrimitives.ReadUInt32LittleEndian(part),
                BinaryPrimitives.ReadUInt32LittleEndian(part[4..]),
                BinaryPrimitives.ReadUInt32LittleEndian(part[8..]),
                BinaryPrimitives.ReadUInt32LittleEndian(part[12..]));
        }
    }

    internal static CpuidEntry Find(IReadOnlyList<CpuidEntry> entries, uint function)
    {
        foreach (CpuidEntry entry in entries)
        {
            if (entry.Function == function && entry.Index == 0)
            {
                return entry;
            }
        }

        return new CpuidEntry(function, 0, 0, 0, 0, 0, 0);
    }

    // Intel SDM volume 2, CPUID, "Version Information Returned by CPUID in EAX".
    internal static uint EncodeSignature(int family, int model, int stepping)
    {
        uint signature = (uint)(model & 0xf) << 4 | (uint)(model >> 4) << 16 | (uint)stepping;
        return family > 0xf
            ? signature | 0xf00 | (uint)(family - 0xf) << 20
            : signature | (uint)family << 8;
    }

    internal static (int Family, int Model, int Stepping) DecodeSignature(uint signature)
    {
        int family = (int)(signature >> 8 & 0xf);
        family += family == 0xf ? (int)(signature >> 20 & 0xff) : 0;
        return (family, (int)(signature >> 4 & 0xf | signature >> 12 & 0xf0), (int)(signature & 0xf));
    }

    private static byte[] HostBrand(IReadOnlyList<CpuidEntry> supported, CpuidHostCapabilities capabilities)
    {
        if (Find(supported, FirstBrandLeaf).IsZero)
        {
            return Encode(capabilities.BrandString ?? string.Empty);
        }

        byte[] brand = new byte[BrandLength];
        for (int i = 0; i < BrandLength; i += 4)
        {
            CpuidEntry leaf = Find(supported, FirstBrandLeaf + (uint)(i / 16));
            BinaryPrimitives.WriteUInt32LittleEndian(brand.AsSpan(i), leaf[(CpuidRegister)(i / 4 % 4)]);
        }

        return brand;
    }

    private static byte[] Encode(string text)
    {
        if (text.Length == 0)
        {
            return [];
        }

        byte[] brand = new byte[BrandLength];
        Encoding.ASCII.GetBytes(text.AsSpan(0, Math.Min(text.Length, BrandLength)), brand);
        return brand;
    }
}
