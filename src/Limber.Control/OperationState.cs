namespace Limber.Control;

/// <summary>
/// Where a hotplug operation stands.
/// <code>
/// Requested --> Notified --> Acknowledged --> Completed
///     |            |              |
///     +------------+--------------+--> Refused | TimedOut | Cancelled | Failed
/// </code>
/// The four last and Completed are final. A guest that acts on a request after its operation ended (timed out,
/// say) changes the machine all the same; the operation keeps its result.
/// </summary>
public enum OperationState
{
    /// <summary>Accepted; the guest was not told yet (it has no ACPI up, or the machine is paused before start).</summary>
    Requested,

    /// <summary>The notification is raised in the guest.</summary>
    Notified,

    /// <summary>The guest's ACPI has read the request, or has reported work in progress.</summary>
    Acknowledged,

    /// <summary>Done: the guest reported success (plug) or gave the processor back (unplug).</summary>
    Completed,

    /// <summary>The guest said no; the status code tells why.</summary>
    Refused,

    /// <summary>The deadline passed without an answer.</summary>
    TimedOut,

    /// <summary>A client withdrew the request before the guest had acted.</summary>
    Cancelled,

    /// <summary>The machine itself could not do it.</summary>
    Failed,
}
