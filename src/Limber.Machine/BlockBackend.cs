using Limber.Block;
using Limber.Config.Backends;

namespace Limber.Machine;

/// <summary>An open disk image with a name.</summary>
internal sealed class BlockBackend(BlockBackendConfig config, IBlockImage image)
{
    public BlockBackendConfig Config { get; } = config;

    public IBlockImage Image { get; } = image;

    /// <summary>Id of the device that uses it, or null.</summary>
    public string? User { get; set; }
}
