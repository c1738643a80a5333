using System;
using Limber.Device;

namespace Limber.Chardev.Serial;

/// <summary>Nobody at the other end.</summary>
internal sealed class NullBackend : ICharacterBackend
{
    public void Start(ICharacterFrontend frontend) { }

    public int Write(ReadOnlySpan<byte> data) => data.Length;

    public void Dispose() { }
}
