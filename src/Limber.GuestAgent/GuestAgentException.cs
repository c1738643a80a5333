using System;

namespace Limber.GuestAgent;

/// <summary>The guest's agent is absent, refused, or said something that is no answer.</summary>
public sealed class GuestAgentException : Exception
{
    public GuestAgentException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }
}
