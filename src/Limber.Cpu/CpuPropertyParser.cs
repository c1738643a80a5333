using System;

namespace Limber.Cpu;

/// <summary>Collects the properties of one <c>-cpu</c> value.</summary>
internal sealed class CpuPropertyParser(string typeName)
{
    private CpuModelOptions _options = CpuModelOptions.None;
    private CpuFeatureSet _on = CpuFeatureSet.Empty;
    private CpuFeatureSet _off = CpuFeatureSet.Empty;
    private CpuFeatureSet _plus = CpuFeatureSet.Empty;
    private CpuFeatureSet _minus = CpuFeatureSet.Empty;

    internal void Add(string item)
    {
        switch (item[0])
        {
            case '+':
                _plus = _plus.Union(FindFeature(item[1..]));
                return;
            case '-':
                _minus = _minus.Union(FindFeature(item[1..]));
                return;
        }

        int equals = item.IndexOf('=');
        string name = (equals < 0 ? item : item[..equals]).Replace('_', '-');
        string value = equals < 0 ? "on" : item[(equals + 1)..];
        if (CpuFeatureWord.TryFind(name, out CpuFeatureSet? feature))
        {
            SetFeature(feature, ParseBoolean(name, value));
        }
        else
        {
            SetProperty(name, value);
        }
    }

    internal CpuModelOptions Finish()
    {
        CpuFeatureSet enabled = _on.Union(_plus).Except(_minus);
        CpuFeatureSet disabled = _off.Except(_plus).Union(_minus);
        return _options with { Enabled = enabled, Disabled = disabled };
    }

    // The last of several settings of one feature counts.
    private void SetFeature(CpuFeatureSet feature, bool on)
    {
        _on = on ? _on.Union(feature) : _on.Except(feature);
        _off = on ? _off.Except(feature) : _off.Union(feature);
    }

    private void SetProperty(string name, string value)
    {
        _options = name switch
        {
            "check" => _options with { Check = ParseBoolean(name, value) },
            "enforce" => _options with { Enforce = ParseBoolean(name, value) },
            "kvm" => _options with { ShowKvm = ParseBoolean(name, value) },
            "pmu" => _options with { Pmu = ParseBoolean(name, value) },
            "migratable" => _options with { Migratable = ParseBoolean(name, value) },
            "l3-cache" => _options with { L3Cache = ParseBoolean(name, value) },
            "host-phys-bits" => ParseBoolean(name, value) ? _options with { PhysicalBits = null } : _options,
            "vendor" => _options with { Vendor = ParseVendor(name, value) },
            "model-id" => _options with { ModelId = value },
            "family" => _options with { Family = (int)ParseNumber(name, value, 0xff + 0xf) },
            "model" => _options with { Model = (int)ParseNumber(name, value, 0xff) },
            "stepping" => _options with { Stepping = (int)ParseNumber(name, value, 0xf) },
            "level" => _options with { Level = (uint)ParseNumber(name, value, uint.MaxValue) },
            "xlevel" => _options with { ExtendedLevel = (uint)ParseNumber(name, value, uint.MaxValue) },
            "phys-bits" => _options with { PhysicalBits = ParsePhysicalBits(name, value) },
            "tsc-frequency" or "tsc-freq" => throw Invalid(name, value, "another frequency of the time-stamp counter than the host's is not built"),
            _ => throw Invalid(name, value, NotFound(name)),
        };
    }

    private CpuFeatureSet FindFeature(string name) =>
        CpuFeatureWord.TryFind(name, out CpuFeatureSet? feature)
            ? feature
            : throw new CpuModelException(NotFound(name.Replace('_', '-')));

    private string NotFound(string name) => $"Property '{typeName}.{name}' not found";

    private bool ParseBoolean(string name, string value) => value switch
    {
        "on" or "yes" or "true" or "y" => true,
        "off" or "no" or "false" or "n" => false,
        _ => throw Invalid(name, value, $"Parameter '{name}' expects 'on' or 'off'"),
    };

    private CpuVendor ParseVendor(string name, string value) =>
        value.Length == CpuVendor.Length && !value.AsSpan().ContainsAnyExceptInRange(' ', '~')
            ? new CpuVendor(value)
            : throw Invalid(name, value, $"value of property '{name}' must consist of exactly {CpuVendor.Length} characters");

    private int ParsePhysicalBits(string name, string value)
    {
        long bits = ParseNumber(name, value, uint.MaxValue);
        return bits is 0 or (>= 32 and <= 52)
            ? (int)bits
            : throw Invalid(name, value, $"phys-bits should be between 32 and 52 (but is {bits})");
    }

    private long ParseNumber(string name, string value, long maximum)
    {
        if (!QemuInteger.TryParse(value, out long number))
        {
            throw Invalid(name, value, $"Parameter '{name}' expects {(maximum == uint.MaxValue ? "uint32_t" : "uint64")}");
        }

        if (number < 0 || number > maximum)
        {
            string limit = maximum == uint.MaxValue ? $"Parameter '{name}' expects uint32_t" : $"parameter '{name}' can be at most {maximum}";
            throw Invalid(name, value, limit);
        }

        return number;
    }

    // Properties in key=value form are settings for all CPUs of the machine, and the message says so.
    private CpuModelException Invalid(string name, string value, string reason) =>
        new($"can't apply global {typeName}.{name}={value}: {reason}") { Reason = reason };
}
