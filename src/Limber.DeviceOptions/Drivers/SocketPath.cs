using System.Text;
using Limber.Config;

namespace Limber.DeviceOptions.Drivers;

/// <summary>Paths of Unix sockets.</summary>
internal static class SocketPath
{
    /// <summary>What an address of a Unix socket has room for, without the zero at its end.</summary>
    private const int MaxBytes = 107;

    public static string Check(string property, string path)
    {
        int bytes = Encoding.UTF8.GetByteCount(path);
        return bytes <= MaxBytes ? path : throw new OptionException($"{property} '{path}' has {bytes} bytes (maximum: {MaxBytes})");
    }

    /// <summary>The Unix socket that a property names by the id of a character device.</summary>
    public static ChardevConfig.UnixSocket OfChardev(OptionReader options, IDeviceReferences references, string owner)
    {
        string id = options.Text("chardev") is { Length: > 0 } text ? text : throw new OptionException("missing chardev");
        ChardevConfig chardev = references.TakeChardev(id)
            ?? throw new OptionException($"Property '{owner}.chardev' can't find value '{id}'");
        return chardev as ChardevConfig.UnixSocket
            ?? throw new OptionException($"chardev '{id}' is not a Unix socket, which {owner} needs");
    }
}
