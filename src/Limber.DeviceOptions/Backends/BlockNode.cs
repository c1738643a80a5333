using Limber.Config.Backends;

namespace Limber.DeviceOptions.Backends;

/// <summary>
/// One node of QEMU's block layer as a client described it. The machine knows whole images only: a format node and the
/// protocol node below it are one backend, which has the name of the upper one.
/// </summary>
public sealed record BlockNode
{
    /// <summary>Its name; null for the inner node of an outer one that gave it none.</summary>
    public string? Name { get; init; }

    /// <summary><c>raw</c>, <c>qcow2</c>, <c>file</c> or <c>host_device</c>.</summary>
    public required string Driver { get; init; }

    /// <summary>The image that it amounts to, with what the node below it says.</summary>
    public required BlockImageConfig Image { get; init; }

    /// <summary>The node below a format; null for a protocol node.</summary>
    public BlockNode? Child { get; init; }

    /// <summary>The node below existed before and stays when this one goes.</summary>
    public bool ChildIsReference { get; init; }

    public bool IsProtocol => Child is null;
}
