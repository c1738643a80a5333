using Limber.Config;

namespace Limber.Servers.Devices.Pci;

/// <summary>A character device of a client, as clients read it.</summary>
/// <param name="Id">Its name.</param>
/// <param name="Config">What it is.</param>
/// <param name="IsInUse">A port or a back end has it.</param>
internal sealed record ChardevState(string Id, ChardevConfig Config, bool IsInUse)
{
    /// <summary>Where it leads, in QEMU's notation.</summary>
    public string Description => Config switch
    {
        ChardevConfig.File => "file",
        ChardevConfig.UnixSocket socket => $"{(IsInUse ? "" : "disconnected:")}unix:{socket.Path}{(socket.Server ? ",server=on" : "")}",
        _ => "null",
    };
}
