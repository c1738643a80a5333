using System.Numerics;

namespace Limber.CommandLine.CloudHypervisor.Devices;

/// <summary>What a virtio queue's size must be.</summary>
internal static class QueueSizes
{
    public static int Check(string option, int size) =>
        size >= 2 && BitOperations.IsPow2(size)
            ? size
            : throw new CommandLineException($"{option}: queue_size={size} is not a power of two from 2 to 1024");
}
