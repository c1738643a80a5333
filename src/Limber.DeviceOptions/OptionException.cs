using System;

namespace Limber.DeviceOptions;

/// <summary>A device or backend that can't be made of what was given; the message is for the client, in QEMU's words.</summary>
public sealed class OptionException : Exception
{
    public OptionException(string message)
        : base(message)
    {
    }

    /// <summary>There is nothing of a name that was given, for which QEMU has an error class of its own.</summary>
    public bool IsNotFound { get; init; }

    internal static OptionException Missing(string name) => new($"Parameter '{name}' is missing");

    internal static OptionException NotBuilt(string what, string? instead = null) =>
        new(instead is null ? $"{what}: not built yet" : $"{what}: not built yet ({instead})");
}
