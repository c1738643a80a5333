using System;
using System.Collections.Generic;
using Limber.Interop;
using Limber.Interop.Kvm;

namespace Limber.Kvm;

/// <summary>The model-specific registers of a vCPU.</summary>
/// <remarks>Thread: as for <see cref="KvmVcpu"/>, whose vCPU does not run.</remarks>
/// <param name="fd">The vCPU's descriptor, which stays the vCPU's.</param>
internal sealed unsafe class KvmMsrs(FileDescriptor fd)
{
    /// <summary>Registers of one request; the kernel takes up to 255.</summary>
    private const int MostAtOnce = 128;

    /// <summary>
    /// Values of those wanted registers that the host has. Reading tells: the kernel's list of registers leaves out some
    /// that it can save, those of the memory type ranges among them.
    /// </summary>
    public kvm_msr_entry[] Read(ReadOnlySpan<uint> wanted)
    {
        byte* buffer = stackalloc byte[8 + (MostAtOnce * sizeof(kvm_msr_entry))];
        var entries = new Span<kvm_msr_entry>(buffer + 8, MostAtOnce);
        var values = new List<kvm_msr_entry>(wanted.Length);
        while (!wanted.IsEmpty)
        {
            int count = Math.Min(wanted.Length, MostAtOnce);
            *(ulong*)buffer = (ulong)count;
            for (int i = 0; i < count; i++)
            {
                entries[i] = new kvm_msr_entry { index = wanted[i] };
            }

            // The kernel tells how many it read; it stops at the first that the host lacks.
            int read = Math.Clamp(KvmIo.TryCall(fd, KvmIoctl.KVM_GET_MSRS, (nint)buffer), 0, count);
            values.AddRange(entries[..read]);
            wanted = wanted[Math.Min(read + 1, count)..];
        }

        return [.. values];
    }

    /// <summary>Writes one register; false when the host lacks it or refuses the value.</summary>
    public bool TryWrite(uint index, ulong value)
    {
        byte* buffer = stackalloc byte[8 + sizeof(kvm_msr_entry)];
        *(ulong*)buffer = 1;
        *(kvm_msr_entry*)(buffer + 8) = new kvm_msr_entry { index = index, data = value };
        return KvmIo.TryCall(fd, KvmIoctl.KVM_SET_MSRS, (nint)buffer) == 1;
    }

    /// <summary>
    /// Writes registers in their order, many at a time, and passes over those that are refused: some accept only what they have.
    /// </summary>
    public void Write(ReadOnlySpan<kvm_msr_entry> entries)
    {
        byte* buffer = stackalloc byte[8 + (MostAtOnce * sizeof(kvm_msr_entry))];
        while (!entries.IsEmpty)
        {
            int count = Math.Min(entries.Length, MostAtOnce);
            *(ulong*)buffer = (ulong)count;
            entries[..count].CopyTo(new Span<kvm_msr_entry>(buffer + 8, count));

            // The kernel tells how many it wrote; it stops at the first it refuses.
            int written = Math.Clamp(KvmIo.TryCall(fd, KvmIoctl.KVM_SET_MSRS, (nint)buffer), 0, count);
            entries = entries[Math.Min(written + 1, count)..];
        }
    }
}
