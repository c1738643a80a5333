using System;
using System.Globalization;

namespace Limber.Config;

/// <summary>How long a guest has to answer a hotplug request before the operation counts as timed out.</summary>
public static class OperationDeadline
{
    /// <summary>The rule that <see cref="TryParse"/> and <see cref="TryFromSeconds"/> enforce, for error texts.</summary>
    public const string Rule = "a number of seconds from 0.1 to 86400";

    /// <summary>When nobody says anything else.</summary>
    public static TimeSpan Default { get; } = TimeSpan.FromSeconds(60);

    /// <summary>Less would time out guests that are merely scheduled late.</summary>
    public static TimeSpan Shortest { get; } = TimeSpan.FromMilliseconds(100);

    /// <summary>More is a request that nobody waits for.</summary>
    public static TimeSpan Longest { get; } = TimeSpan.FromDays(1);

    /// <summary>A number of seconds as a deadline; false when it is not in the range.</summary>
    public static bool TryFromSeconds(double seconds, out TimeSpan deadline)
    {
        bool valid = seconds >= Shortest.TotalSeconds && seconds <= Longest.TotalSeconds;
        deadline = valid ? TimeSpan.FromSeconds(seconds) : default;
        return valid;
    }

    /// <summary>As <see cref="TryFromSeconds"/>, from decimal text such as <c>90</c> or <c>2.5</c>.</summary>
    public static bool TryParse(string? text, out TimeSpan deadline)
    {
        deadline = default;
        return double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double seconds)
            && TryFromSeconds(seconds, out deadline);
    }
}
