using Limber.Config.Devices;
using Limber.Control;
using Limber.DeviceOptions;
using Limber.Servers.Qmp;

namespace Limber.Servers.Devices.Pci;

/// <summary>How a dialect words refusals about PCI devices and their backends, and what it wants besides QEMU.</summary>
internal abstract class PciWords
{
    private protected PciWords() { }

    /// <summary>Checks and completes what a client gave for a device, before anything else is looked at.</summary>
    /// <exception cref="QmpException">Something that the dialect insists on is missing.</exception>
    public abstract void Prepare(DeviceDriver driver, OptionBag bag);

    /// <summary>A driver that exists elsewhere and is not here.</summary>
    public abstract QmpException NotBuilt(string reason);

    public abstract QmpException BusNotFound(string bus);

    public abstract QmpException DuplicateId(string id);

    public abstract QmpException BadOption(DeviceDriver driver, OptionException refusal);

    /// <param name="machine">For what stands in the way.</param>
    /// <param name="device">What was to be plugged.</param>
    /// <param name="refusal">The machine's.</param>
    public abstract QmpException PlugRefused(IVirtualMachine machine, DeviceConfig device, VmException refusal);

    public abstract QmpException UnplugRefused(IVirtualMachine machine, DeviceInfo device, VmException refusal);

    public abstract QmpException BlockNodeNotFound(string name);

    public abstract QmpException NetdevNotFound(string name);

    public abstract QmpException NetdevExists(string name);

    public abstract QmpException BlockNodeExists(string name);

    private protected static QmpException Plain(VmException refusal) => new(QmpErrorClass.GenericError, refusal.Message, refusal);

    private protected static QmpException Reworded(string text, VmException refusal) => new(QmpErrorClass.GenericError, text, refusal);
}
