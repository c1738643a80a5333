using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Linq;
using Limber.Pci;

namespace Limber.Vfio;

/// <summary>
/// What the guest sees of a function's configuration space, decided once from what the host's function has.
/// <code>
///   0x000  header                  emulated: identity, command, BARs, pin; no expansion ROM
///   0x040  capabilities shown      where the function has them, linked anew; MSI, MSI-X and power management emulated
///          capabilities not shown  zeros, 16 bytes at most
///          between them            passed through: drivers know registers there
///   0x100  extended capabilities   those shown, passed through, linked anew; the rest zeros
/// </code>
/// </summary>
/// <remarks>
/// Decoding bits and the power state stay the VMM's: the host's function always decodes and is always in D0, so that no access
/// through a mapped BAR can fault, whatever the guest does on another processor.
/// </remarks>
internal sealed class VfioConfigPlan
{
    public const int Size = 4096;
    public const int FirstCapability = 0x40;
    public const int LegacySize = 0x100;

    // No capability that is hidden has registers to write behind that.
    private const int HiddenLength = 16;

    private const int CapabilitiesPointer = 0x34;
    private const int Status = 0x06;
    private const byte StatusCapabilities = 1 << 4;

    private readonly VfioConfigAccess[] access = new VfioConfigAccess[Size];

    private readonly Func<byte, bool> isUsable;

    /// <param name="config">The function's configuration space, 256 or 4096 bytes.</param>
    /// <param name="isUsable">The host can do what a capability of this id needs; null when it can do all.</param>
    public VfioConfigPlan(ReadOnlySpan<byte> config, Func<byte, bool>? isUsable = null)
    {
        this.isUsable = isUsable ?? (_ => true);
        Image = new byte[Size];
        config.CopyTo(Image);
        Identity = ReadIdentity(config);
        HeaderType = (byte)(config[0x0E] & 0x7F);
        access.AsSpan(0, FirstCapability).Fill(VfioConfigAccess.Emulated);
        access.AsSpan(FirstCapability, LegacySize - FirstCapability).Fill(VfioConfigAccess.PassedThrough);
        PlanCapabilities();
        PlanExtended(config.Length);
        for (int i = 0; i < Size; i++)
        {
            if (access[i] == VfioConfigAccess.Hidden)
            {
                Image[i] = 0;
            }
        }
    }

    /// <summary>What it says it is.</summary>
    public PciIdentity Identity { get; }

    /// <summary>0 for an endpoint.</summary>
    public byte HeaderType { get; }

    /// <summary>What the guest reads at first.</summary>
    public byte[] Image { get; }

    /// <summary>Offset of the power management capability, or 0.</summary>
    public int PowerManagement { get; private set; }

    /// <summary>Offset of MSI, or 0.</summary>
    public int Msi { get; private set; }

    /// <summary>Offset of MSI-X, or 0.</summary>
    public int Msix { get; private set; }

    /// <summary>Offset of the PCI Express capability, or 0.</summary>
    public int Express { get; private set; }

    /// <summary>Bytes that the PCI Express capability has to itself.</summary>
    public int ExpressLength { get; private set; }

    /// <summary>Who answers for a byte.</summary>
    public VfioConfigAccess this[int offset] => access[offset];

    /// <summary>How many of these bytes are passed through; 0 for what lies outside or is longer than a transaction.</summary>
    public int CountPassedThrough(int offset, int length) =>
        offset < 0 || length is < 0 or > sizeof(uint) || offset > Size - length
            ? 0
            : Count(access.AsSpan(offset, length));

    /// <summary>MSI-X as the function has it.</summary>
    public MsixLayout ReadMsix()
    {
        const uint BarMask = 7;
        uint table = BinaryPrimitives.ReadUInt32LittleEndian(Image.AsSpan(Msix + 4));
        uint pending = BinaryPrimitives.ReadUInt32LittleEndian(Image.AsSpan(Msix + 8));
        int vectors = (BinaryPrimitives.ReadUInt16LittleEndian(Image.AsSpan(Msix + 2)) & 0x7FF) + 1;
        return new MsixLayout(vectors, (int)(table & BarMask), table & ~BarMask, (int)(pending & BarMask), pending & ~BarMask, Msix);
    }

    /// <summary>
    /// Turns an endpoint into one that is integrated into the root complex, as one on the root bus must be (PCIe 6.0, 7.5.3.2): it
    /// has no link.
    /// </summary>
    public void IntegrateIntoRootComplex()
    {
        const int TypeOffset = 2, LinkOffset = 0x0C, Link2Offset = 0x2C, LinkLength = 8;
        const int EndpointTypes = 1, IntegratedEndpoint = 9;
        if (Express == 0 || Image[Express + TypeOffset] >> 4 > EndpointTypes)
        {
            return;
        }

        int version = Image[Express + TypeOffset] & 0xF;
        Image[Express + TypeOffset] = (byte)(version | (IntegratedEndpoint << 4));
        Hide(Express + LinkOffset, LinkLength);
        if (version >= 2 && ExpressLength >= Link2Offset + LinkLength)
        {
            Hide(Express + Link2Offset, LinkLength);
        }
    }

    private static int Count(ReadOnlySpan<VfioConfigAccess> bytes)
    {
        int count = 0;
        foreach (VfioConfigAccess who in bytes)
        {
            count += who == VfioConfigAccess.PassedThrough ? 1 : 0;
        }

        return count;
    }

    private static PciIdentity ReadIdentity(ReadOnlySpan<byte> config) => new(
        BinaryPrimitives.ReadUInt16LittleEndian(config),
        BinaryPrimitives.ReadUInt16LittleEndian(config[2..]),
        BinaryPrimitives.ReadUInt32LittleEndian(config[8..]) >> 8,
        config[8],
        BinaryPrimitives.ReadUInt16LittleEndian(config[0x2C..]),
        BinaryPrimitives.ReadUInt16LittleEndian(config[0x2E..]));

    private void PlanCapabilities()
    {
        var found = new SortedSet<int>();
        var order = new List<int>();
        int next = (Image[Status] & StatusCapabilities) != 0 ? Image[CapabilitiesPointer] & ~3 : 0;
        while (next >= FirstCapability && found.Add(next))
        {
            order.Add(next);
            next = Image[next + 1] & ~3;
        }

        int link = CapabilitiesPointer;
        Image[link] = 0;
        foreach (int offset in order)
        {
            int end = found.GetViewBetween(offset + 1, LegacySize).FirstOrDefault(LegacySize);
            if (!VfioCapabilityIds.IsShown(Image[offset]) || !isUsable(Image[offset]) || !PlanCapability(offset, end))
            {
                // Behind its own registers may be some that belong to no capability.
                Hide(offset, Math.Min(end - offset, HiddenLength));
                continue;
            }

            access.AsSpan(offset, 2).Fill(VfioConfigAccess.Emulated);
            Image[link] = (byte)offset;
            link = offset + 1;
            Image[link] = 0;
        }
    }

    // False for one that doesn't have the room it needs, or comes a second time.
    private bool PlanCapability(int offset, int end)
    {
        (int length, int known) = Image[offset] switch
        {
            VfioCapabilityIds.PowerManagement => (8, PowerManagement),
            VfioCapabilityIds.Msi => (VfioMsi.LengthOf(Image[offset + 2], Image[offset + 3]), Msi),
            VfioCapabilityIds.Msix => (12, Msix),
            VfioCapabilityIds.Express => (0x14, Express),
            _ => (2, 0),
        };
        if (known != 0 || end - offset < length)
        {
            return false;
        }

        switch (Image[offset])
        {
            case VfioCapabilityIds.PowerManagement:
                PowerManagement = offset;
                Emulate(offset, length);
                FreezePower(offset);
                break;
            case VfioCapabilityIds.Msi:
                Msi = offset;
                Emulate(offset, length);
                break;
            case VfioCapabilityIds.Msix:
                Msix = offset;
                Emulate(offset, length);
                break;
            case VfioCapabilityIds.Express:
                Express = offset;
                ExpressLength = end - offset;
                Emulate(offset, 4);
                break;
        }

        return true;
    }

    // Spec: PCI Power Management 1.2, 3.2. No wake-up events; the function keeps its state from D3 to D0, as it never left D0.
    private void FreezePower(int offset)
    {
        const int WakeUpSupport = 3, State = 4;
        const byte NoSoftReset = 1 << 3;
        Image[offset + WakeUpSupport] &= 0x07;
        Image[offset + State] = NoSoftReset;
        Image[offset + State + 1] = 0;
    }

    private void PlanExtended(int length)
    {
        if (length < Size)
        {
            return;
        }

        var found = new SortedSet<int>();
        var order = new List<int>();
        int next = LegacySize;
        while (next >= LegacySize && found.Add(next))
        {
            uint header = Header(next);
            if (header is 0 or uint.MaxValue)
            {
                break;
            }

            order.Add(next);
            next = (int)(header >> 20) & ~3;
        }

        // The list begins at 0x100 whatever is there: one that isn't shown becomes a null capability (id 0) that leads on.
        int link = LegacySize;
        uint linkHeader = 0;
        foreach (int offset in order)
        {
            uint header = Header(offset) & 0xF_FFFF;
            if (!IsShownExtended(offset))
            {
                continue;
            }

            int end = found.GetViewBetween(offset + 1, Size).FirstOrDefault(Size);
            access.AsSpan(offset, end - offset).Fill(VfioConfigAccess.PassedThrough);
            if (offset != link)
            {
                SetHeader(link, linkHeader | ((uint)offset << 20));
            }

            link = offset;
            linkHeader = header;
        }

        SetHeader(link, linkHeader);
    }

    private bool IsShownExtended(int offset)
    {
        const int DvsecVendor = 4;
        ushort id = (ushort)(Header(offset) & 0xFFFF);
        return VfioCapabilityIds.IsShownExtended(id)
            && (id != VfioCapabilityIds.DesignatedVendorSpecific || offset > Size - 8
                || BinaryPrimitives.ReadUInt16LittleEndian(Image.AsSpan(offset + DvsecVendor)) != VfioCapabilityIds.CxlVendor);
    }

    private uint Header(int offset) => BinaryPrimitives.ReadUInt32LittleEndian(Image.AsSpan(offset));

    private void SetHeader(int offset, uint header)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(Image.AsSpan(offset), header);
        Emulate(offset, 4);
    }

    private void Emulate(int offset, int length) => access.AsSpan(offset, length).Fill(VfioConfigAccess.Emulated);

    private void Hide(int offset, int length)
    {
        int inside = Math.Min(length, LegacySize - offset);
        access.AsSpan(offset, inside).Fill(VfioConfigAccess.Hidden);
        Image.AsSpan(offset, inside).Clear();
    }
}
