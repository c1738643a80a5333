namespace Limber.Servers.Qmp;

/// <summary>Options of one QMP session.</summary>
public sealed record QmpSessionOptions
{
    /// <summary>Indent output (QEMU's <c>pretty=on</c>).</summary>
    public bool Pretty { get; init; }

    /// <summary>
    /// Bytes of output that may wait for a client that does not read; one more event and the connection is dropped.
    /// </summary>
    public int MaxQueuedOutput { get; init; } = 4 << 20;

    /// <summary>Messages read ahead of the one being carried out; beyond that the input waits in the kernel.</summary>
    public int MaxQueuedRequests { get; init; } = 8;
}
