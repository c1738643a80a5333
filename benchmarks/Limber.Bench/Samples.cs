using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;

namespace Limber.Bench;

/// <summary>The repetitions of one measurement, or why there are none.</summary>
internal sealed class Samples
{
    private readonly List<double> values = [];

    public bool IsEmpty => values.Count == 0;

    /// <summary>Why the monitor would not do it; null where it did.</summary>
    public string? Refusal { get; set; }

    public double Median
    {
        get
        {
            double[] sorted = [.. values.Order()];
            int middle = sorted.Length / 2;
            return sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
        }
    }

    public void Add(double value) => values.Add(value);

    /// <summary>Median, the least and the most, and how many there are.</summary>
    public override string ToString() =>
        IsEmpty ? Refusal is null ? "-" : "refused"
        : values.Max() == values.Min() ? $"{Format(Median)} x{values.Count}"
        : $"{Format(Median)} ({Format(values.Min())}-{Format(values.Max())}) x{values.Count}";

    // Three digits say all that such measurements know.
    private static string Format(double value)
    {
        string digits = Math.Abs(value) >= 100 || value == Math.Floor(value) ? "F0" : Math.Abs(value) >= 10 ? "F1" : "F2";
        return value.ToString(digits, CultureInfo.InvariantCulture);
    }
}
