using System;

namespace Limber.Boot;

/// <summary>A kernel, an initramfs or a memory size that can't be booted; the message says which and why.</summary>
public sealed class BootException : Exception
{
    public BootException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }
}
