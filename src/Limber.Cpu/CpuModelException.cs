using System;
using System.Collections.Generic;

namespace Limber.Cpu;

/// <summary>A <c>-cpu</c> value cannot be honoured. The message is what the user reads, after the details.</summary>
public sealed class CpuModelException : Exception
{
    public CpuModelException(string message)
        : this(message, [])
    {
    }

    public CpuModelException(string message, IReadOnlyList<string> details)
        : base(message) => Details = details;

    /// <summary>The message without the words that only a command line needs.</summary>
    public string Reason { get => field ?? Message; init; }

    /// <summary>Lines to print before the message, such as one for each missing feature.</summary>
    public IReadOnlyList<string> Details { get; }
}
