using Limber.Control;

namespace Limber.Servers.Qmp;

/// <summary>What a command sees: the machine, what all sessions share, and the state of its own session.</summary>
public sealed class QmpContext
{
    private volatile bool negotiated;
    private volatile bool outOfBand;
    private volatile bool operationEvents;

    internal QmpContext(MonitorServices services, QmpDialect dialect)
    {
        Services = services;
        Dialect = dialect;
        negotiated = !dialect.RequiresNegotiation;
    }

    public MonitorServices Services { get; }

    public IVirtualMachine Machine => Services.Machine;

    public QmpDialect Dialect { get; }

    /// <summary>Open descriptors that the client sent. The session disposes them.</summary>
    internal MonitorDescriptors Descriptors { get; } = new();

    /// <summary>The client may send commands and gets events.</summary>
    public bool Negotiated
    {
        get => negotiated;
        set => negotiated = value;
    }

    /// <summary>The client may send <c>exec-oob</c>.</summary>
    public bool OutOfBandEnabled
    {
        get => outOfBand;
        set => outOfBand = value;
    }

    /// <summary>The client gets <c>X_LIMBER_OPERATION</c> events.</summary>
    public bool OperationEventsEnabled
    {
        get => operationEvents;
        set => operationEvents = value;
    }
}
