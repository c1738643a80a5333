namespace Limber.GuestAgent;

/// <summary>How far a guest came with new processors.</summary>
public enum GuestOnlineOutcome
{
    /// <summary>The guest uses all of them.</summary>
    Complete,

    /// <summary>The guest uses some of them, or none, though the agent answers.</summary>
    Partial,

    /// <summary>The agent said no; the guest may use some of them.</summary>
    Refused,

    /// <summary>The agent did not answer, so nothing was done, or what was done is not known.</summary>
    NoAgent,
}
