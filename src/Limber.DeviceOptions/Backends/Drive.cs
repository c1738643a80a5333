using Limber.Config.Backends;

namespace Limber.DeviceOptions.Backends;

/// <summary>What <c>-drive</c> describes: an image, and perhaps the device that has it.</summary>
/// <param name="Id">The user's id, or null.</param>
/// <param name="Image">The image.</param>
/// <param name="MakesDevice">A virtio disk comes with it; null when it does unless a device names the drive.</param>
public sealed record Drive(string? Id, BlockImageConfig Image, bool? MakesDevice);
