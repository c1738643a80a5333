using System;
using System.Globalization;
using System.Linq;
using Limber.CommandLine.Devices;
using Limber.Config;
using Limber.Config.Backends;
using Limber.Config.Devices;

namespace Limber.CommandLine.StratoVirt;

/// <summary><c>-m [size=]N[k|m|g][,maxmem=N]</c>: MiB unless a suffix says otherwise, 128 MiB to 512 GiB.</summary>
internal static class StratoVirtMemoryOption
{
    private const ulong DefaultSize = 256UL << 20;
    private const ulong MinSize = 128UL << 20;
    private const ulong MaxSize = 512UL << 30;
    private const ulong PageSize = 4096;

    /// <param name="value">The option's value, or null when it was not given.</param>
    /// <param name="shared"><c>-machine mem-share=on</c>.</param>
    public static MemoryConfig Resolve(string? value, bool shared)
    {
        if (value is null)
        {
            return new MemoryConfig(DefaultSize, shared);
        }

        string option = $"-m {value}";
        ulong size = DefaultSize;
        ulong? max = null;
        foreach ((string key, string? text) in StratoVirtKeyValues.Split(option, value, "size"))
        {
            switch (key)
            {
                case "size":
                    size = Size(option, key, text);
                    break;
                case "maxmem":
                    max = Size(option, key, text);
                    break;
                default:
                    throw new CommandLineException($"{option}: Invalid parameter '{key}'");
            }
        }

        if (max < size)
        {
            throw new CommandLineException($"{option}: maxmem must be at least size");
        }

        return max > size ? new MemoryConfig(size, shared) { MaximumSize = max.Value } : new MemoryConfig(size, shared);
    }

    /// <summary>
    /// There is room for all virtio-mem devices, whatever <c>maxmem</c> says: in StratoVirt it only says where they begin.
    /// </summary>
    public static MemoryConfig MakeRoom(MemoryConfig memory, DeviceCollection devices)
    {
        UInt128 needed = memory.Size;
        foreach (VirtioMemDeviceConfig device in devices.Devices.OfType<VirtioMemDeviceConfig>())
        {
            needed += devices.Backends.OfType<MemoryBackendConfig>().FirstOrDefault(backend => backend.Name == device.Backend)?.Size ?? 0;
        }

        return needed > ulong.MaxValue ? throw new CommandLineException($"memory of 0x{needed:x} bytes is too large")
            : needed > memory.Size && needed > memory.MaximumSize ? memory with { MaximumSize = (ulong)needed }
            : memory;
    }

    private static ulong Size(string option, string key, string? text)
    {
        ReadOnlySpan<char> digits = text;
        int shift = 20;
        if (digits.Length > 0 && char.IsAsciiLetter(digits[^1]))
        {
            shift = digits[^1] switch
            {
                'k' or 'K' => 10,
                'm' or 'M' => 20,
                'g' or 'G' => 30,
                _ => throw new CommandLineException($"{option}: '{key}' has the unknown suffix '{digits[^1]}' (k, M or G)"),
            };
            digits = digits[..^1];
        }

        if (!ulong.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out ulong number))
        {
            throw new CommandLineException($"{option}: '{key}' must be a number with an optional suffix k, M or G, not '{text}'");
        }

        UInt128 bytes = (UInt128)number << shift;
        if (bytes < MinSize || bytes > MaxSize)
        {
            throw new CommandLineException($"{option}: '{key}' must be from 128 MiB to 512 GiB, not '{text}'");
        }

        // Whole pages: only a number of KiB can miss.
        return ((ulong)bytes + PageSize - 1) / PageSize * PageSize;
    }
}
