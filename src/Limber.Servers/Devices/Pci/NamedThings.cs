using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using Limber.Config;
using Limber.Config.Backends;
using Limber.Config.Devices;
using Limber.Control;
using Limber.DeviceOptions;
using Limber.Servers.Qmp;

namespace Limber.Servers.Devices.Pci;

/// <summary>
/// What devices name and the machine does not know: objects and character devices that a client defined; and, as the
/// machine has them, its backends. Thread: any.
/// </summary>
internal sealed class NamedThings(IVirtualMachine machine) : IDeviceReferences
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, NamedObject> objects = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ChardevConfig> chardevs = new(StringComparer.Ordinal);

    public IReadOnlyList<string> ObjectIds
    {
        get
        {
            lock (gate)
            {
                return [.. objects.Keys];
            }
        }
    }

    public bool HasBlockBackend(string name) => Backends<BlockBackendConfig>().Any(backend => backend.Name == name);

    public bool HasNetBackend(string name) => Backends<NetBackendConfig>().Any(backend => backend.Name == name);

    public NamedObject? FindObject(string id)
    {
        lock (gate)
        {
            return objects.GetValueOrDefault(id);
        }
    }

    public ChardevConfig? TakeChardev(string id)
    {
        lock (gate)
        {
            if (!chardevs.TryGetValue(id, out ChardevConfig? chardev))
            {
                return null;
            }

            return IsInUse(chardev) ? throw new OptionException($"chardev '{id}' is already in use") : chardev;
        }
    }

    /// <exception cref="QmpException">The id is taken.</exception>
    public void AddObject(NamedObject added)
    {
        lock (gate)
        {
            if (!objects.TryAdd(added.Id, added))
            {
                throw new QmpException($"attempt to add duplicate property '{added.Id}' to object (type 'container')");
            }
        }
    }

    /// <exception cref="QmpException">There is none, or a device uses it.</exception>
    public void RemoveObject(string id)
    {
        lock (gate)
        {
            if (!objects.TryGetValue(id, out NamedObject? found))
            {
                throw new QmpException($"object '{id}' not found");
            }

            // A random source is copied into its device, which goes on without it.
            bool used = found is NamedObject.MemoryFile file
                && machine.Devices.GetDevices().Any(device => device.Config is PmemDeviceConfig pmem && pmem.File == file.File);
            if (used)
            {
                throw new QmpException($"object '{id}' is in use, can not be deleted");
            }

            objects.Remove(id);
        }
    }

    /// <exception cref="QmpException">The id is taken.</exception>
    public void AddChardev(string id, ChardevConfig chardev)
    {
        lock (gate)
        {
            if (!chardevs.TryAdd(id, chardev))
            {
                throw new QmpException($"Chardev with id '{id}' already exists");
            }
        }
    }

    /// <exception cref="QmpException">There is none, or a backend or device uses it.</exception>
    public void RemoveChardev(string id)
    {
        lock (gate)
        {
            if (!chardevs.TryGetValue(id, out ChardevConfig? chardev))
            {
                throw new QmpException($"Chardev '{id}' not found");
            }

            if (IsInUse(chardev))
            {
                throw new QmpException($"Chardev '{id}' is busy");
            }

            chardevs.Remove(id);
        }
    }

    private bool IsInUse(ChardevConfig chardev) =>
        (chardev is ChardevConfig.UnixSocket socket && Backends<VhostUserNetBackendConfig>().Any(backend => backend.Socket == socket.Path))
        || machine.Devices.GetDevices().Any(device => device.Config switch
        {
            FsDeviceConfig fs => chardev is ChardevConfig.UnixSocket { Path: var path } && fs.Socket == path,

            // The very one: others may be equal to it, such as two that lead nowhere.
            ConsoleDeviceConfig console => console.Ports.Any(port => ReferenceEquals(port.Backend, chardev)),
            _ => false,
        });

    private IEnumerable<T> Backends<T>()
        where T : BackendConfig => machine.Devices.GetBackends().Select(static backend => backend.Config).OfType<T>();
}
