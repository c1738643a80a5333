using System;

namespace Limber.Chardev;

/// <summary>A character device that can't be made; the message names what and why.</summary>
public sealed class ChardevException : Exception
{
    public ChardevException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }
}
