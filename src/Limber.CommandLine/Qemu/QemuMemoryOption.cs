using Limber.Config;

namespace Limber.CommandLine.Qemu;

/// <summary>All <c>-m</c> options of a command line: <c>[size=]N[,slots=N][,maxmem=N]</c>, merged key by key.</summary>
internal sealed class QemuMemoryOption
{
    private const ulong DefaultSize = 128UL << 20;
    private const ulong Granule = 8192;
    private const int MebibyteShift = 20;

    private ulong? _size;
    private ulong? _slots;
    private ulong? _maxMemory;

    /// <summary><c>-m</c>.</summary>
    public void Apply(string option, string value)
    {
        foreach ((string key, string text) in QemuKeyValues.Loose(value, "size"))
        {
            switch (key)
            {
                case "size":
                    _size = QemuNumbers.Size(option, key, text, MebibyteShift);
                    break;
                case "slots":
                    _slots = QemuNumbers.Unsigned(option, key, text);
                    break;
                case "maxmem":
                    _maxMemory = QemuNumbers.Size(option, key, text, 0);
                    break;
                case "id" when QemuKeyValues.IsIdentifier(text):
                    break;
                default:
                    throw new CommandLineException($"{option}: Invalid parameter '{key}'");
            }
        }
    }

    /// <summary>The memory that the options ask for.</summary>
    public MemoryConfig Resolve()
    {
        ulong size = _size is null or 0 ? DefaultSize : _size.Value;
        if (size > ulong.MaxValue - Granule)
        {
            throw new CommandLineException($"-m: ram size too large: {size}");
        }

        ulong rounded = (size + Granule - 1) / Granule * Granule;
        CheckHotplug(rounded);
        return _maxMemory > rounded
            ? new MemoryConfig(rounded) { Slots = (int)(_slots ?? 0), MaximumSize = _maxMemory.Value }
            : new MemoryConfig(rounded);
    }

    private void CheckHotplug(ulong size)
    {
        ulong slots = _slots ?? 0;
        if (_maxMemory is not ulong max)
        {
            if (_slots is not null)
            {
                throw new CommandLineException("slots specified but no max-size");
            }

            return;
        }

        if (max < size)
        {
            throw new CommandLineException(
                $"invalid value of maxmem: maximum memory size (0x{max:x}) must be at least the initial memory size (0x{size:x})");
        }

        if (slots > 0 && max == size)
        {
            throw new CommandLineException(
                $"invalid value of maxmem: memory slots were specified but maximum memory size (0x{max:x}) is equal to the initial memory size (0x{size:x})");
        }

        if (slots > MemoryConfig.MaxSlots)
        {
            throw new CommandLineException($"unsupported amount of memory slots: {slots}");
        }
    }
}
