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
/// machine has them, its backends, among them memory, which clients call objects. Thread: any.
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
                return [.. objects.Keys, .. machine.Memory.GetBackends().Select(static backend => backend.Config.Name)];
            }
        }
    }

    /// <summary>Character devices that clients made, by name.</summary>
    public IReadOnlyList<ChardevState> Chardevs
    {
        get
        {
            lock (gate)
            {
                return [.. chardevs.OrderBy(static c => c.Key, StringComparer.Ordinal).Select(c => new ChardevState(c.Key, c.Value, IsInUse(c.Value)))];
            }
        }
    }

    public bool HasBlockBackend(string name) => Backends<BlockBackendConfig>().Any(backend => backend.Name == name);

    public bool HasNetBackend(string name) => Backends<NetBackendConfig>().Any(backend => backend.Name == name);

    public NamedObject? FindObject(string id)
    {
        lock (gate)
        {
            return objects.GetValueOrDefault(id) ?? FindMemory(id);
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
        // It is opened with the device, but a wrong name is a mistake now.
        if (added is NamedObject.RandomSource source && !System.IO.File.Exists(source.File))
        {
            throw new QmpException($"Could not open '{source.File}': No such file or directory");
        }

        lock (gate)
        {
            if (objects.ContainsKey(added.Id) || FindMemory(added.Id) is not null)
            {
                throw Duplicate(added.Id);
            }

            if (added is NamedObject.Memory memory)
            {
                AddMemory(memory.Config);
            }
            else
            {
                objects.Add(added.Id, added);
            }
        }
    }

    /// <exception cref="QmpException">There is none, or a device uses it.</exception>
    public void RemoveObject(string id)
    {
        lock (gate)
        {
            // A random source is copied into its device, which goes on without it.
            if (!objects.Remove(id))
            {
                RemoveMemory(id);
            }
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

    private NamedObject.Memory? FindMemory(string id) =>
        machine.Memory.GetBackends().FirstOrDefault(backend => backend.Config.Name == id) is { } found ? new NamedObject.Memory(found.Config) : null;

    private void AddMemory(MemoryBackendConfig config)
    {
        try
        {
            machine.Memory.AddBackend(config);
        }
        catch (VmException refusal)
        {
            throw refusal.Code == VmErrorCode.DuplicateId
                ? Duplicate(config.Name)
                : new QmpException(QmpErrorClass.GenericError, refusal.Message, refusal);
        }
    }

    private void RemoveMemory(string id)
    {
        // Persistent memory maps its file itself: the machine does not know that it has it from here.
        bool used = FindMemory(id) is { Config.Path: { } file }
            && machine.Devices.GetDevices().Any(device => device.Config is PmemDeviceConfig pmem && pmem.File == file);
        try
        {
            if (!used)
            {
                machine.Memory.RemoveBackend(id);
                return;
            }
        }
        catch (VmException refusal) when (refusal.Code == VmErrorCode.BackendNotFound)
        {
            throw new QmpException($"object '{id}' not found");
        }
        catch (VmException refusal) when (refusal.Code == VmErrorCode.BackendInUse)
        {
        }

        throw new QmpException($"object '{id}' is in use, can not be deleted");
    }

    private static QmpException Duplicate(string id) => new($"attempt to add duplicate property '{id}' to object (type 'container')");

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
