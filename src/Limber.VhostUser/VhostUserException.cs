using System;

namespace Limber.VhostUser;

/// <summary>The back end is gone, does not answer, or broke the protocol.</summary>
public sealed class VhostUserException : Exception
{
    public VhostUserException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }
}
