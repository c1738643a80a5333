using System.Linq;
using Limber.Config.Backends;
using Limber.Control;
using Limber.DeviceOptions;
using Limber.DeviceOptions.Backends;
using Limber.Servers.Qmp;

namespace Limber.Servers.Devices.Pci;

/// <summary>netdev_add and netdev_del. Thread: any.</summary>
internal sealed class NetBackends(IDeviceManager devices, NamedThings things)
{
    /// <summary>Makes a backend; a tap takes the descriptors that it names away from the monitor, also when it is refused for them.</summary>
    /// <exception cref="QmpException">Refused; nothing else changed.</exception>
    public void Add(OptionBag bag, PciWords words, MonitorDescriptors descriptors, string? defaultType = null)
    {
        using DescriptorClaim claim = new(descriptors);
        try
        {
            if (bag.TryGet("id", out OptionValue id) && id.AsText() is { } name && things.HasNetBackend(name))
            {
                throw words.NetdevExists(name);
            }

            devices.AddBackend(NetdevOptions.Read(bag, things, defaultType, claim));
            claim.HandOver();
        }
        catch (OptionException refusal)
        {
            throw new QmpException(QmpErrorClass.GenericError, refusal.Message, refusal);
        }
        catch (VmException refusal)
        {
            throw refusal.Code == VmErrorCode.DuplicateId && bag.TryGet("id", out OptionValue id)
                ? words.NetdevExists(id.ToString())
                : new QmpException(QmpErrorClass.GenericError, refusal.Message, refusal);
        }
    }

    /// <summary>A card that uses it stays, with its link down.</summary>
    /// <exception cref="QmpException">There is none.</exception>
    public void Remove(string name, PciWords words)
    {
        if (!devices.GetBackends().Any(backend => backend.Config is NetBackendConfig && backend.Config.Name == name))
        {
            throw words.NetdevNotFound(name);
        }

        try
        {
            devices.RemoveNetBackend(name);
        }
        catch (VmException refusal)
        {
            throw refusal.Code == VmErrorCode.BackendNotFound
                ? words.NetdevNotFound(name)
                : new QmpException(QmpErrorClass.GenericError, refusal.Message, refusal);
        }
    }
}
