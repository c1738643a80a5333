using System;

namespace Limber.Cpu;

/// <summary>
/// A parsed <c>-cpu</c> value: the model and what the user changed about it. The model's name is kept as
/// typed, so an alias stays an alias when clients read it back.
/// </summary>
public sealed record CpuSpec(string ModelName, CpuModel Model, CpuModelOptions Options)
{
    /// <summary>The device type of these CPUs, such as <c>Nehalem-v1-x86_64-cpu</c>.</summary>
    public string TypeName => ModelName + "-x86_64-cpu";

    /// <summary>A model without any property.</summary>
    /// <exception cref="CpuModelException">There is no such model.</exception>
    public static CpuSpec For(string modelName) =>
        new(modelName, CpuModels.Find(modelName), CpuModelOptions.None);

    /// <summary>
    /// Parses <c>model[,+feature][,-feature][,property[=value]]...</c>. Plus and minus words win over
    /// <c>feature=on|off</c>, and minus over plus, wherever they stand. A property without a value is on.
    /// </summary>
    /// <exception cref="CpuModelException">The model or a property is unknown, or a value is malformed.</exception>
    public static CpuSpec Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text.Length == 0)
        {
            throw new CpuModelException("-cpu option cannot be empty");
        }

        string[] items = text.Split(',');
        CpuSpec spec = For(items[0]);
        CpuPropertyParser parser = new(spec.TypeName);
        foreach (string item in items.AsSpan(1))
        {
            if (item.Length != 0)
            {
                parser.Add(item);
            }
        }

        return spec with { Options = parser.Finish() };
    }
}
