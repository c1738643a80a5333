using System;

namespace Limber.Acpi;

/// <summary>One entry of a resource template; made by <see cref="Resource"/>. Immutable.</summary>
public sealed class ResourceDescriptor
{
    private readonly byte[] bytes;

    internal ResourceDescriptor(byte[] bytes) => this.bytes = bytes;

    /// <summary>The encoded descriptor.</summary>
    public ReadOnlySpan<byte> Bytes => bytes;
}
