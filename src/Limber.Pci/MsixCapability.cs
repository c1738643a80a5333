using System;
using System.Buffers.Binary;
using System.Threading;
using Limber.Device;
using Limber.Interop;

namespace Limber.Pci;

/// <summary>
/// MSI-X of one function (PCI 3.0, 6.8.2; PCIe 6.0, 6.1.4 and 7.7.2).
/// <code>
/// capability: +0 id 0x11  +2 control  +4 table offset | BAR  +8 pending bits offset | BAR
///   control: 15 enable   14 function mask   10..0 vectors - 1
/// table, 16 bytes a vector: +0 address  +4 address, upper  +8 data  +12 vector control (bit 0: masked)
/// a vector delivers when: enabled, function not masked, vector not masked; else it keeps what was signalled as pending
/// </code>
/// </summary>
/// <remarks>
/// <see cref="Signal"/>: any thread, no lock, no allocation. Lock order: <see cref="gate"/> comes after the function's
/// transaction gate; under it only vectors are called.
/// Guest-controlled: the table and the control word.
/// </remarks>
public sealed class MsixCapability : IDisposable
{
    /// <summary>Bytes of the table a vector.</summary>
    public const int EntrySize = 16;

    /// <summary>Most vectors a function can have.</summary>
    public const int MaximumVectors = 2048;

    private const ushort EnableBit = 1 << 15;
    private const ushort FunctionMaskBit = 1 << 14;
    private const uint VectorMaskBit = 1;
    private const int ControlOffset = 2;

    private readonly Lock gate = new();
    private readonly PciFunction owner;
    private readonly MsixEntry[] entries;
    private readonly int capability;
    private IMsiVector[] vectors = [];
    private bool enabled;
    private bool functionMasked;

    private MsixCapability(PciFunction owner, int vectorCount, int capability)
    {
        this.owner = owner;
        this.capability = capability;
        entries = new MsixEntry[vectorCount];
        ClearEntries();
        Table = new MsixTable(this);
        PendingBits = new MsixPendingBits(this);
    }

    /// <summary>The guest turned MSI-X on or off, or masked or unmasked the function.</summary>
    /// <remarks>Raised inside the guest's transaction, on a vCPU's thread, or inside a reset.</remarks>
    public event Action? Changed;

    /// <summary>Number of vectors.</summary>
    public int Count => entries.Length;

    /// <summary>The guest uses MSI-X. Otherwise the function uses its pin.</summary>
    public bool IsEnabled => Volatile.Read(ref enabled);

    /// <summary>The table, <see cref="TableLength"/> bytes, for the BAR that the capability names.</summary>
    public IIoDevice Table { get; }

    /// <summary>The pending bits, <see cref="PendingBitsLength"/> bytes, for the BAR that the capability names.</summary>
    public IIoDevice PendingBits { get; }

    /// <summary>Bytes of the table.</summary>
    public uint TableLength => (uint)(Count * EntrySize);

    /// <summary>Bytes of the pending bits: one bit a vector, in words of 64 bits.</summary>
    public uint PendingBitsLength => (uint)((Count + 63) / 64 * 8);

    /// <summary>
    /// Interrupts the guest, or keeps the interrupt while the vector is masked. Dropped when the guest doesn't use MSI-X and
    /// when there is no such vector.
    /// </summary>
    public void Signal(int vector)
    {
        IMsiVector[] now = Volatile.Read(ref vectors);
        if (IsEnabled && vector >= 0 && vector < now.Length)
        {
            now[vector].Signal();
        }
    }

    /// <summary>What another process or the kernel signals in place of <see cref="Signal"/>; the same for the function's life.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The function is on no bus, or has no such vector.</exception>
    public HostEvent GetEvent(int vector)
    {
        IMsiVector[] now = Volatile.Read(ref vectors);
        return vector >= 0 && vector < now.Length
            ? now[vector].Event
            : throw new ArgumentOutOfRangeException(nameof(vector), $"MSI-X vector {vector} of {owner.Name} is not in 0..{now.Length - 1}");
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        IMsiVector[] held = Interlocked.Exchange(ref vectors, []);
        foreach (IMsiVector vector in held)
        {
            vector.Dispose();
        }
    }

    internal static MsixCapability Create(PciFunction owner, MsixLayout layout)
    {
        if (layout.Vectors is < 1 or > MaximumVectors)
        {
            throw new ArgumentOutOfRangeException(nameof(layout), $"{layout.Vectors} MSI-X vectors of {owner.Name} are not in 1..{MaximumVectors}");
        }

        if (layout.TableBar is < 0 or > 5 || layout.PendingBar is < 0 or > 5 || ((layout.TableOffset | layout.PendingOffset) & 7) != 0)
        {
            throw new ArgumentException(
                $"MSI-X table at 0x{layout.TableOffset:x} of BAR {layout.TableBar} and pending bits at 0x{layout.PendingOffset:x} of BAR {layout.PendingBar} "
                + $"of {owner.Name} are not at multiples of 8 of BAR 0..5");
        }

        Span<byte> body = stackalloc byte[10];
        Span<byte> mask = stackalloc byte[10];
        BinaryPrimitives.WriteUInt16LittleEndian(body, (ushort)(layout.Vectors - 1));
        BinaryPrimitives.WriteUInt32LittleEndian(body[2..], layout.TableOffset | (uint)layout.TableBar);
        BinaryPrimitives.WriteUInt32LittleEndian(body[6..], layout.PendingOffset | (uint)layout.PendingBar);
        BinaryPrimitives.WriteUInt16LittleEndian(mask, EnableBit | FunctionMaskBit);
        if (layout.Position is not { } position)
        {
            return new MsixCapability(owner, layout.Vectors, owner.Config.AddCapability(PciRegisters.CapabilityMsix, body, mask));
        }

        owner.Config.PlaceCapability(position, PciRegisters.CapabilityMsix, body, mask);
        return new MsixCapability(owner, layout.Vectors, position);
    }

    internal void Attach(IPciHost host)
    {
        var made = new IMsiVector[Count];
        int number = 0;
        try
        {
            for (; number < Count; number++)
            {
                made[number] = host.Msi.Allocate();
            }
        }
        catch
        {
            while (--number >= 0)
            {
                made[number].Dispose();
            }

            throw;
        }

        Volatile.Write(ref vectors, made);
    }

    /// <summary>Nothing is delivered any more.</summary>
    internal void Detach() => Apply(enable: false, mask: false);

    internal void Reset()
    {
        lock (gate)
        {
            ClearEntries();
        }

        Apply(enable: false, mask: false);
    }

    internal void OnConfigWritten(int offset, int length)
    {
        int control = capability + ControlOffset;
        if (offset < control + 2 && control < offset + length)
        {
            ushort value = owner.Config.GetUInt16(control);
            Apply((value & EnableBit) != 0, (value & FunctionMaskBit) != 0);
        }
    }

    internal uint ReadEntry(int vector, int register)
    {
        lock (gate)
        {
            ref MsixEntry entry = ref entries[vector];
            return register switch
            {
                0 => entry.AddressLow,
                1 => entry.AddressHigh,
                2 => entry.Data,
                _ => entry.Control,
            };
        }
    }

    internal void WriteEntry(int vector, int register, uint value)
    {
        lock (gate)
        {
            ref MsixEntry entry = ref entries[vector];
            switch (register)
            {
                case 0:
                    entry.AddressLow = value & ~3u;
                    break;
                case 1:
                    entry.AddressHigh = value;
                    break;
                case 2:
                    entry.Data = value;
                    break;
                default:
                    entry.Control = value & VectorMaskBit;
                    break;
            }

            Update(vector, messageChanged: register != 3);
        }
    }

    internal uint ReadPending(int firstVector)
    {
        lock (gate)
        {
            uint bits = 0;
            IMsiVector[] now = vectors;
            for (int i = 0; enabled && i < 32 && firstVector + i < now.Length; i++)
            {
                if (!entries[firstVector + i].Delivers && now[firstVector + i].IsPending)
                {
                    bits |= 1u << i;
                }
            }

            return bits;
        }
    }

    private void ClearEntries()
    {
        for (int i = 0; i < entries.Length; i++)
        {
            entries[i].AddressLow = 0;
            entries[i].AddressHigh = 0;
            entries[i].Data = 0;
            entries[i].Control = VectorMaskBit;
        }
    }

    private void Apply(bool enable, bool mask)
    {
        lock (gate)
        {
            if (enabled == enable && functionMasked == mask)
            {
                return;
            }

            functionMasked = mask;
            Volatile.Write(ref enabled, enable);
            for (int i = 0; i < entries.Length; i++)
            {
                Update(i, messageChanged: false);
            }
        }

        Changed?.Invoke();
    }

    private void Update(int vector, bool messageChanged)
    {
        IMsiVector[] now = vectors;
        if (vector >= now.Length)
        {
            return;
        }

        ref MsixEntry entry = ref entries[vector];
        bool delivers = enabled && !functionMasked && (entry.Control & VectorMaskBit) == 0;
        if (!delivers)
        {
            if (entry.Delivers)
            {
                now[vector].Mask();
            }
        }
        else if (!entry.Delivers || messageChanged)
        {
            delivers = now[vector].Unmask(new MsiMessage(((ulong)entry.AddressHigh << 32) | entry.AddressLow, entry.Data));
            if (!delivers)
            {
                owner.Bus?.Domain.Host.Log.GuestError(owner.Name, "MSI-X message that the host can't route");
            }
        }

        entry.Delivers = delivers;
    }
}
