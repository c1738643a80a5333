using System;

namespace Limber.GuestAgent;

/// <summary>The guest's agent is absent, refused, or said something that is no answer.</summary>
public sealed class GuestAgentException : Exception
{
    public GuestAgentException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }

    /// <summary>The agent is there and said no; otherwise it did not answer, or not sensibly.</summary>
    public bool IsRefusal { get; init; }

    /// <summary>The port is gone for good: nobody will answer any more.</summary>
    public bool IsGone { get; init; }
}
