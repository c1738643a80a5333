using Limber.Config;
using Limber.Config.Backends;

namespace Limber.DeviceOptions;

/// <summary>The properties that all memory devices have: <c>memdev</c> and <c>node</c>.</summary>
internal static class MemoryReference
{
    /// <summary>The NUMA node; null for 0, which is the default.</summary>
    public static int? ReadNode(OptionReader options) =>
        options.Number("node", 0, NumaConfig.MaxNodes - 1) is { } node and not 0 ? (int)node : null;

    /// <param name="options">The device's properties.</param>
    /// <param name="references">Where its memory is found.</param>
    /// <param name="missing">The message when it was not given.</param>
    public static MemoryBackendConfig Read(OptionReader options, IDeviceReferences references, string missing)
    {
        string id = options.Text("memdev") is { Length: > 0 } text ? text : throw new OptionException(missing);
        return references.FindObject(id) switch
        {
            NamedObject.Memory memory => memory.Config,
            null => throw new OptionException($"Device '{id}' not found") { IsNotFound = true },
            _ => throw new OptionException("Invalid parameter type for 'memdev', expected: memory-backend"),
        };
    }
}
