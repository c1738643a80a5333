using System;
using System.Buffers.Binary;

namespace Limber.Pci;

/// <summary>Builds PCI Express capabilities.</summary>
internal static class ExpressCapability
{
    /// <summary>A device function: an endpoint, or on the root bus an integrated one, which has no link.</summary>
    /// <returns>Offset of the capability.</returns>
    public static int AddEndpoint(PciConfigSpace config)
    {
        int offset = Add(config, ExpressRegisters.TypeEndpoint, 0, 0);
        config.SetUInt16(offset + ExpressRegisters.LinkStatus, ExpressRegisters.LinkStatusUp & ~ExpressRegisters.LinkStatusActive);
        return offset;
    }

    /// <summary>Fits an endpoint to the bus it comes to.</summary>
    public static void PlaceEndpoint(PciConfigSpace config, int offset, bool onRootBus)
    {
        if (!onRootBus)
        {
            return;
        }

        config.Change(
            offset + ExpressRegisters.Capabilities,
            ExpressRegisters.TypeMask,
            ExpressRegisters.TypeIntegratedEndpoint << ExpressRegisters.TypeShift);
        config.SetUInt32(offset + ExpressRegisters.LinkCapabilities, 0);
        config.SetUInt16(offset + ExpressRegisters.LinkStatus, 0);
        config.SetWritable(offset + ExpressRegisters.LinkControl, 2, 0);
        config.SetUInt32(offset + ExpressRegisters.LinkCapabilities2, 0);
        config.SetUInt16(offset + ExpressRegisters.LinkControl2, 0);
    }

    /// <summary>A root port with a slot.</summary>
    /// <returns>Offset of the capability.</returns>
    public static int AddRootPort(PciConfigSpace config, PcieRootPortOptions options)
    {
        uint slot = ExpressRegisters.SlotAttentionButton
            | ExpressRegisters.SlotAttentionIndicator
            | ExpressRegisters.SlotPowerIndicator
            | ExpressRegisters.SlotHotplugCapable
            | ExpressRegisters.SlotNoCommandCompleted
            | (options.HasPowerController ? ExpressRegisters.SlotPowerController : 0)
            | ((uint)options.SlotNumber << ExpressRegisters.SlotNumberShift);
        int offset = Add(
            config,
            (ExpressRegisters.TypeRootPort << ExpressRegisters.TypeShift) | ExpressRegisters.SlotImplemented,
            ExpressRegisters.LinkActiveReporting | ((uint)options.PortNumber << ExpressRegisters.PortNumberShift),
            slot);
        ushort writable = ExpressRegisters.SlotControlWritable;
        config.SetWritable(
            offset + ExpressRegisters.SlotControl, 2, options.HasPowerController ? writable | (uint)ExpressRegisters.PowerOff : writable);
        config.SetClearable(offset + ExpressRegisters.SlotStatus, 2, ExpressRegisters.SlotEvents);
        config.SetUInt16(offset + ExpressRegisters.LinkStatus, ExpressRegisters.LinkStatusSlotClock);
        return offset;
    }

    private static int Add(PciConfigSpace config, ushort typeAndSlot, uint linkCapabilities, uint slotCapabilities)
    {
        const int Header = 2;
        Span<byte> body = stackalloc byte[ExpressRegisters.Length - Header];
        body.Clear();
        BinaryPrimitives.WriteUInt16LittleEndian(body, (ushort)(ExpressRegisters.Version2 | typeAndSlot));
        Put32(body, ExpressRegisters.DeviceCapabilities, ExpressRegisters.DeviceRoleBasedErrors);
        Put32(body, ExpressRegisters.DeviceControl, ExpressRegisters.DeviceControlPowerOn);
        Put32(body, ExpressRegisters.LinkCapabilities, ExpressRegisters.Speed16 | ExpressRegisters.Width16 | linkCapabilities);
        Put32(body, ExpressRegisters.SlotCapabilities, slotCapabilities);
        Put32(body, ExpressRegisters.LinkCapabilities2, ExpressRegisters.SupportedSpeeds);
        Put32(body, ExpressRegisters.LinkControl2, ExpressRegisters.Speed16);
        int offset = config.AddCapability(PciRegisters.CapabilityExpress, body, []);
        config.SetWritable(offset + ExpressRegisters.DeviceControl, 2, ExpressRegisters.DeviceControlWritable);
        config.SetClearable(offset + ExpressRegisters.DeviceStatus, 2, ExpressRegisters.DeviceStatusErrors);
        config.SetWritable(offset + ExpressRegisters.LinkControl, 2, ExpressRegisters.LinkControlWritable);
        return offset;

        static void Put32(Span<byte> body, int register, uint value) =>
            BinaryPrimitives.WriteUInt32LittleEndian(body[(register - Header)..], value);
    }
}
