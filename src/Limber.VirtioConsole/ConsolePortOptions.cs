using Limber.Device;

namespace Limber.VirtioConsole;

/// <summary>What a port is created with.</summary>
/// <param name="Backend">The host side. The owner starts it with the port and disposes of it, after the port is gone.</param>
public sealed record ConsolePortOptions(ICharacterBackend Backend)
{
    /// <summary>Largest <see cref="Name"/> in bytes of UTF-8.</summary>
    public const int MaximumNameLength = 255;

    /// <summary>
    /// Number of the port in its device, or null for the lowest free one. 0 is for a console, as drivers without MULTIPORT
    /// take it for one.
    /// </summary>
    public int? Number { get; init; }

    /// <summary>The guest's name for a generic port (<c>/dev/virtio-ports/NAME</c>), or null.</summary>
    public string? Name { get; init; }

    /// <summary>True for a terminal (<c>hvc0</c>), false for a generic port.</summary>
    public bool IsConsole { get; init; }

    /// <summary>The terminal's size, for consoles.</summary>
    public TerminalSize? Size { get; init; }
}
