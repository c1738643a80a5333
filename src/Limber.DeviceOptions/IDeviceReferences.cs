using Limber.Config;

namespace Limber.DeviceOptions;

/// <summary>What a device can name: things that a client defined before it.</summary>
public interface IDeviceReferences
{
    /// <summary>A block backend or node has the name.</summary>
    bool HasBlockBackend(string name);

    /// <summary>A network backend has the name.</summary>
    bool HasNetBackend(string name);

    /// <summary>An object by its id, or null.</summary>
    NamedObject? FindObject(string id);

    /// <summary>Takes the character device with an id for the device that asks; null when there is none.</summary>
    /// <exception cref="OptionException">Another has it.</exception>
    ChardevConfig? TakeChardev(string id);
}
