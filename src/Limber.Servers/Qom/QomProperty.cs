using System;
using Limber.Servers.Devices;
using Limber.Servers.Json;

namespace Limber.Servers.Qom;

/// <summary>A property of an object.</summary>
/// <param name="Name">Name on the wire.</param>
/// <param name="TypeName">C-like name of its type.</param>
/// <param name="Read">Its value now.</param>
internal sealed record QomProperty(string Name, string TypeName, Func<JsonValue> Read)
{
    /// <summary>Changes it; null when it can't be changed.</summary>
    public Action<JsonValue, ValueSyntax>? Write { get; init; }

    /// <summary>The type that declares it, where that is not the object's own.</summary>
    public string? Owner { get; init; }

    /// <summary>It was given with the device, and is as it was given for the device's life.</summary>
    public bool IsOption { get; init; }
}
