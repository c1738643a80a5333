using System;

namespace Limber.Chardev;

/// <summary>What a new backend is told beside its configuration.</summary>
public sealed record CharacterBackendOptions
{
    /// <summary>What the port is called in messages and thread names, such as <c>serial0</c>.</summary>
    public string Label { get; init; } = "serial";

    /// <summary>Is told the name of a new pseudo terminal, as a line for the user.</summary>
    public Action<string>? Announce { get; init; }
}
