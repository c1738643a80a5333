using Limber.Device;

namespace Limber.Virtio.Console;

/// <summary>One port of a console device.</summary>
/// <param name="Backend">Host side; owned by the device from here on.</param>
/// <param name="Name">Name that the guest finds the port by, or null; at most 255 bytes as UTF-8.</param>
/// <param name="IsConsole">The guest makes a terminal (hvc) of it; otherwise it is a byte stream (vport).</param>
public sealed record VirtioConsolePortOptions(ICharacterBackend Backend, string? Name, bool IsConsole);
