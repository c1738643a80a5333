using System;

namespace Limber.Chardev.Serial;

/// <summary>Where bytes end up.</summary>
internal interface IByteSink
{
    /// <summary>Writes all bytes, blocking, or drops them when nobody is there to take them. Never throws.</summary>
    void Write(ReadOnlySpan<byte> data);
}
