namespace Limber.Servers.Qmp;

/// <summary>The error classes of the protocol, by their names on the wire.</summary>
public enum QmpErrorClass
{
    GenericError,
    CommandNotFound,
    DeviceNotActive,
    DeviceNotFound,
    KVMMissingCap,
}
