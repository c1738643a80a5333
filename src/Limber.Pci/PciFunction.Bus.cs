using System;
using System.Buffers.Binary;
using System.Numerics;
using System.Threading;
using Limber.Device;

namespace Limber.Pci;

/// <summary>What the bus does with a function: coming and going, transactions, the interrupt pin.</summary>
public abstract partial class PciFunction
{
    // Orders the levels of the pin. Only the line is called under it, which calls nobody back.
    private readonly Lock pinGate = new();
    private IInterruptLine? line;
    private bool interruptAsserted;

    /// <summary>Drives the interrupt pin, as far as the guest lets it (PCI 3.0, 6.2.2 and 6.2.3).</summary>
    /// <remarks>Thread: any. Does nothing while the function is on no bus or has no pin.</remarks>
    public void SetInterrupt(bool asserted)
    {
        lock (pinGate)
        {
            interruptAsserted = asserted;
            Config.Change(
                PciRegisters.Status, PciRegisters.StatusInterrupt, asserted ? PciRegisters.StatusInterrupt : (ushort)0);
            DriveLine();
        }
    }

    /// <summary>First half of <see cref="PciBus.Add"/>: the function becomes ready; the guest can't reach it yet.</summary>
    internal void Attach(PciBus onto, int index)
    {
        if (wasAttached)
        {
            throw new InvalidOperationException($"{Name} has been on a PCI bus before");
        }

        wasAttached = true;
        slotIndex = index;
        Volatile.Write(ref bus, onto);
        try
        {
            msix?.Attach(onto.Domain.Host);
            OnAttached();
        }
        catch
        {
            Volatile.Write(ref bus, null);
            throw;
        }

        int pin = Config.GetByte(PciRegisters.InterruptPin);
        if (pin != 0)
        {
            (int rootDevice, int rootPin) = onto.SwizzlePin(Device, pin);
            line = onto.Domain.Host.GetInterruptLine(rootDevice, rootPin);
        }

        if (express is { } offset)
        {
            ExpressCapability.PlaceEndpoint(Config, offset, onto.Bridge is null);
        }

        Config.Seal();
        lock (transaction)
        {
            attached = true;
            onto.Domain.Decoder.Add(this);
        }
    }

    /// <summary>
    /// Second half of <see cref="PciBus.Remove"/>: when it has returned, no access of the guest is inside the function
    /// and none comes.
    /// </summary>
    internal void Detach()
    {
        PciBus from = Bus ?? throw new InvalidOperationException($"{Name} is on no PCI bus");
        lock (transaction)
        {
            attached = false;
            Volatile.Write(ref busMaster, false);
        }

        // Not under the transaction gate: an access that is waited for may be the window of a capability.
        from.Domain.Decoder.Remove(this);
        msix?.Detach();
        lock (pinGate)
        {
            interruptAsserted = false;
            DriveLine();
            line = null;
        }

        OnDetached();
        Volatile.Write(ref bus, null);
    }

    /// <summary>The guest resets the bus. Nothing happens once the function is being removed.</summary>
    internal void ResetFromBus()
    {
        lock (transaction)
        {
            if (attached)
            {
                ResetState();
            }
        }
    }

    /// <summary>A read of the guest's; <paramref name="data"/> is full of ones.</summary>
    internal void ReadConfig(int offset, Span<byte> data)
    {
        uint value;
        lock (transaction)
        {
            if (!attached)
            {
                return;
            }

            OnConfigReading(offset, data.Length);
            value = Config.Read(offset, data.Length);
        }

        switch (data.Length)
        {
            case 1:
                data[0] = unchecked((byte)value);
                break;
            case 2:
                BinaryPrimitives.WriteUInt16LittleEndian(data, unchecked((ushort)value));
                break;
            case 4:
                BinaryPrimitives.WriteUInt32LittleEndian(data, value);
                break;
        }
    }

    /// <summary>A write of the guest's.</summary>
    internal void WriteConfig(int offset, ReadOnlySpan<byte> data)
    {
        uint value = data.Length switch
        {
            1 => data[0],
            2 => BinaryPrimitives.ReadUInt16LittleEndian(data),
            4 => BinaryPrimitives.ReadUInt32LittleEndian(data),
            _ => 0,
        };
        lock (transaction)
        {
            if (!attached)
            {
                return;
            }

            Config.Write(offset, data.Length, value);
            OnHeaderWritten(offset, data.Length);
            msix?.OnConfigWritten(offset, data.Length);
            OnConfigWritten(offset, data.Length);
        }
    }

    internal void NotifyMapped(int bar, ulong address) => OnBarMapped(bar, address);

    internal void NotifyUnmapped(int bar) => OnBarUnmapped(bar);

    internal void SetMultiFunction(bool several)
    {
        int type = Config.GetByte(PciRegisters.HeaderType) & ~PciRegisters.HeaderMultiFunction;
        Config.SetByte(PciRegisters.HeaderType, (byte)(several ? type | PciRegisters.HeaderMultiFunction : type));
        if (wasAttached)
        {
            Config.SealByte(PciRegisters.HeaderType);
        }
    }

    /// <summary>The VMM itself programmed addresses, as firmware would.</summary>
    internal void RefreshDecoding()
    {
        lock (transaction)
        {
            ApplyCommand();
            if (attached)
            {
                Bus?.Domain.Decoder.Refresh(this);
            }
        }
    }

    /// <summary>The guest wrote something; the header's part of it.</summary>
    private protected virtual void OnHeaderWritten(int offset, int length)
    {
        bool command = Touches(offset, length, PciRegisters.Command, 2);
        if (command)
        {
            ApplyCommand();
        }

        if (command || Touches(offset, length, PciRegisters.BaseAddress0, BarRegistersLength))
        {
            Bus?.Domain.Decoder.Refresh(this);
        }
    }

    /// <summary>Bytes of BARs in the header.</summary>
    private protected virtual int BarRegistersLength => PciRegisters.BaseAddressEnd - PciRegisters.BaseAddress0;

    private protected static bool Touches(int offset, int length, int register, int width) =>
        offset < register + width && register < offset + length;

    private void ResetState()
    {
        Config.Reset();
        Volatile.Write(ref busMaster, false);
        if (attached)
        {
            Bus?.Domain.Decoder.Refresh(this);
        }

        msix?.Reset();
        SetInterrupt(false);
        OnReset();
    }

    private void ApplyCommand()
    {
        Volatile.Write(ref busMaster, (Config.GetUInt16(PciRegisters.Command) & PciRegisters.CommandBusMaster) != 0);
        lock (pinGate)
        {
            DriveLine();
        }
    }

    private void DriveLine()
    {
        bool disabled = (Config.GetUInt16(PciRegisters.Command) & PciRegisters.CommandInterruptDisable) != 0;
        line?.Set(interruptAsserted && !disabled);
    }

    private void CheckBar(PciBar bar)
    {
        const ulong LargestIo = 256;
        const ulong SmallestIo = 4;
        const ulong SmallestMemory = 16;
        int last = bar.Is64Bit ? bar.Index + 1 : bar.Index;
        if (bar.Index < 0 || last > (BarRegistersLength / 4) - 1)
        {
            throw new ArgumentOutOfRangeException(nameof(bar), $"{Name} has no room for BAR {bar.Index} of kind {bar.Kind}");
        }

        ulong smallest = bar.IsIo ? SmallestIo : SmallestMemory;
        ulong largest = bar.IsIo ? LargestIo : bar.Is64Bit ? 1UL << 63 : 1UL << 31;
        if (!BitOperations.IsPow2(bar.Size) || bar.Size < smallest || bar.Size > largest)
        {
            throw new ArgumentOutOfRangeException(
                nameof(bar), $"size 0x{bar.Size:x} of BAR {bar.Index} of {Name} is no power of two in 0x{smallest:x}..0x{largest:x}");
        }

        foreach (PciBar other in bars)
        {
            int otherLast = other.Is64Bit ? other.Index + 1 : other.Index;
            if (bar.Index <= otherLast && other.Index <= last)
            {
                throw new ArgumentException($"BAR {bar.Index} of {Name} overlaps BAR {other.Index}", nameof(bar));
            }
        }
    }
}
