using System;
using Limber.Device;
using Limber.Pci;

namespace Limber.Vfio;

/// <summary>
/// MSI as the guest sees it (PCI 3.0, 6.8.1); the host's MSI is the host's.
/// <code>
/// +0 id 0x05  +2 control  +4 address  [+8 address, upper]  +8|12 data  [+12|16 mask bits  +16|20 pending bits]
///   control: 8 has mask bits   7 64-bit address   6..4 messages enabled, log2   3..1 messages asked for, log2   0 enable
/// </code>
/// </summary>
/// <remarks>Thread: inside the function's transactions, attach and detach. Guest-controlled: every register.</remarks>
internal sealed class VfioMsi : IDisposable
{
    /// <summary>Bytes of the capability with 64-bit address and mask bits.</summary>
    public const int LongestLength = 24;

    private const int ControlOffset = 2;
    private const int AddressOffset = 4;
    private const ushort EnableBit = 1;
    private const byte Is64Bit = 1 << 7;
    private const byte HasMaskBits = 1;

    private readonly PciConfigSpace config;
    private readonly int offset;
    private readonly bool wide;
    private readonly bool maskable;
    private readonly int askedLog;
    private IMsiVector[] vectors = [];

    /// <param name="config">Where it is.</param>
    /// <param name="offset">Of the capability, whose bytes are there already.</param>
    /// <param name="hostCount">How many the host can give.</param>
    public VfioMsi(PciConfigSpace config, int offset, int hostCount)
    {
        this.config = config;
        this.offset = offset;
        ushort control = config.GetUInt16(offset + ControlOffset);
        wide = (control & Is64Bit) != 0;
        maskable = (control >> 8 & HasMaskBits) != 0;
        int log = Math.Min(control >> 1 & 7, 5);
        while (log > 0 && 1 << log > hostCount)
        {
            log--;
        }

        askedLog = log;
        config.SetUInt16(offset + ControlOffset, (ushort)((control & 0x0180) | (log << 1)));
        config.SetWritable(offset + ControlOffset, 2, EnableBit | 0x70);
        config.SetUInt32(offset + AddressOffset, 0);
        config.SetWritable(offset + AddressOffset, 4, ~3u);
        if (wide)
        {
            config.SetUInt32(offset + AddressOffset + 4, 0);
            config.SetWritable(offset + AddressOffset + 4, 4, uint.MaxValue);
        }

        config.SetUInt16(DataRegister, 0);
        config.SetWritable(DataRegister, 2, 0xFFFF);
        if (maskable)
        {
            config.SetUInt32(MaskRegister, 0);
            config.SetWritable(MaskRegister, 4, (uint)((1UL << (1 << log)) - 1));
            config.SetUInt32(PendingRegister, 0);
        }
    }

    /// <summary>How many messages the guest enabled; 0 while MSI is off.</summary>
    public int EnabledCount { get; private set; }

    private int DataRegister => offset + (wide ? 12 : 8);

    private int MaskRegister => DataRegister + 4;

    private int PendingRegister => DataRegister + 8;

    /// <summary>Bytes of the capability with this control word.</summary>
    public static int LengthOf(byte controlLow, byte controlHigh) =>
        10 + ((controlLow & Is64Bit) != 0 ? 4 : 0) + ((controlHigh & HasMaskBits) != 0 ? 10 : 0);

    /// <summary>What the host signals for a message.</summary>
    public int GetEvent(int vector) => vectors[vector].Event.Descriptor.Number;

    /// <summary>Gets the machine's vectors.</summary>
    /// <exception cref="Interop.HostException">The host is out of them.</exception>
    public void Attach(IMsiController controller)
    {
        var made = new IMsiVector[1 << askedLog];
        int count = 0;
        try
        {
            for (; count < made.Length; count++)
            {
                made[count] = controller.Allocate();
            }
        }
        catch
        {
            while (--count >= 0)
            {
                made[count].Dispose();
            }

            throw;
        }

        vectors = made;
    }

    /// <summary>The guest is about to read these registers.</summary>
    public void OnConfigReading(int first, int length)
    {
        if (!maskable || first >= PendingRegister + 4 || first + length <= PendingRegister)
        {
            return;
        }

        uint pending = 0;
        for (int i = 0; i < vectors.Length; i++)
        {
            pending |= vectors[i].IsPending ? 1u << i : 0;
        }

        config.SetUInt32(PendingRegister, pending);
    }

    /// <summary>The registers changed.</summary>
    public void Update()
    {
        ushort control = config.GetUInt16(offset + ControlOffset);
        int log = Math.Min(control >> 4 & 7, askedLog);
        EnabledCount = (control & EnableBit) != 0 && vectors.Length != 0 ? 1 << log : 0;
        uint masked = maskable ? config.GetUInt32(MaskRegister) : 0;
        ulong high = wide ? config.GetUInt32(offset + AddressOffset + 4) : 0;
        ulong address = (high << 32) | config.GetUInt32(offset + AddressOffset);
        uint data = config.GetUInt16(DataRegister);
        for (int i = 0; i < vectors.Length; i++)
        {
            if (i < EnabledCount && (masked >> i & 1) == 0)
            {
                // The low bits of the data are the message's number.
                uint number = (uint)(EnabledCount - 1);
                _ = vectors[i].Unmask(new MsiMessage(address, (data & ~number) | (uint)i));
            }
            else
            {
                vectors[i].Mask();
            }
        }
    }

    /// <summary>Delivers nothing any more.</summary>
    public void Stop()
    {
        EnabledCount = 0;
        foreach (IMsiVector vector in vectors)
        {
            vector.Mask();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (IMsiVector vector in vectors)
        {
            vector.Dispose();
        }

        vectors = [];
    }
}
