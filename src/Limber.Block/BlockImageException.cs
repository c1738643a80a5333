using System;

namespace Limber.Block;

/// <summary>An image can't be opened, or can't do what the host's user asked. The text is meant for that user.</summary>
public sealed class BlockImageException : Exception
{
    public BlockImageException(string message)
        : base(message)
    {
    }

    public BlockImageException(string message, Exception inner)
        : base(message, inner)
    {
    }
}
