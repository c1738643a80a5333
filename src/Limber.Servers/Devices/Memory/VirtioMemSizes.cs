using System.Linq;
using Limber.Control;
using Limber.Servers.Qmp;

namespace Limber.Servers.Devices.Memory;

/// <summary>Asks a guest to use more or less of a virtio-mem device.</summary>
internal static class VirtioMemSizes
{
    /// <summary>The device with an id or path, or null.</summary>
    public static MemoryDeviceInfo? Find(IVirtualMachine machine, string idOrPath) =>
        machine.Memory.GetMemoryDevices().FirstOrDefault(device =>
            device.Kind == MemoryDeviceKind.VirtioMem && (device.Id == idOrPath || device.Path == idOrPath));

    /// <summary><c>qom-set requested-size</c>, with QEMU's checks.</summary>
    /// <exception cref="QmpException">Refused; nothing changed.</exception>
    public static void Request(IVirtualMachine machine, MemoryDeviceInfo device, ulong bytes)
    {
        if (device.BlockSize != 0 && bytes % device.BlockSize != 0)
        {
            throw new QmpException($"'requested-size' has to be multiples of 'block-size' (0x{device.BlockSize:x})");
        }

        if (bytes > device.MaximumSize)
        {
            throw new QmpException($"'requested-size' cannot exceed the memory backend size(0x{device.MaximumSize:x})");
        }

        try
        {
            machine.Memory.SetRequestedSize(device.Id ?? device.Path, bytes);
        }
        catch (VmException refusal)
        {
            throw new QmpException(
                refusal.Code == VmErrorCode.DeviceNotFound ? QmpErrorClass.DeviceNotFound : QmpErrorClass.GenericError, refusal.Message, refusal);
        }
    }
}
