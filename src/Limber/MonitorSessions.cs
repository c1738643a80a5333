using System;
using System.Collections.Generic;
using System.IO;
using System.Threading;
using System.Threading.Tasks;
using Limber.Config;
using Limber.Machine;
using Limber.Servers;
using Limber.Servers.Hmp;
using Limber.Servers.Qmp;

namespace Limber;

/// <summary>All monitor sessions of a machine.</summary>
internal sealed class MonitorSessions : IDisposable
{
    private static readonly TimeSpan FlushTime = TimeSpan.FromSeconds(1);

    private readonly Lock gate = new();
    private readonly MonitorServices services;
    private readonly List<Session> open = [];

    public MonitorSessions(VirtualMachine machine) =>
        services = new MonitorServices(machine) { ResolveFeatures = machine.ResolveFeatures };

    /// <summary>Starts a session on a stream, which the session owns from here on.</summary>
    public void Serve(MonitorConfig config, Stream stream)
    {
        if (config.Protocol == MonitorProtocol.Hmp)
        {
            ServeTerminal(stream);
        }
        else
        {
            QmpDialect dialect = config.Dialect == Dialect.StratoVirt ? QmpDialect.StratoVirt : QmpDialect.Qemu;
            var session = new QmpSession(stream, services, dialect, new QmpSessionOptions { Pretty = config.Pretty });
            Track(new Session(session, session.Flush), session.Completion);
            session.Start();
        }
    }

    /// <summary>Starts a text monitor's session on a stream, which the session owns from here on.</summary>
    public void ServeTerminal(Stream stream)
    {
        var session = new HmpSession(stream, services);
        Track(new Session(session, session.Flush), session.Completion);
        session.Start();
    }

    /// <summary>Waits, for a limited time, until every client was told everything.</summary>
    public void Flush()
    {
        foreach (Session session in Snapshot())
        {
            session.Flush(FlushTime);
        }
    }

    public void Dispose()
    {
        foreach (Session session in Snapshot())
        {
            session.Owner.Dispose();
        }

        services.Dispose();
    }

    private Session[] Snapshot()
    {
        lock (gate)
        {
            return [.. open];
        }
    }

    private void Track(Session session, Task completion)
    {
        lock (gate)
        {
            open.Add(session);
        }

        completion.ContinueWith(_ => Forget(session), TaskScheduler.Default);
    }

    private void Forget(Session session)
    {
        lock (gate)
        {
            open.Remove(session);
        }
    }

    private sealed record Session(IDisposable Owner, Func<TimeSpan, bool> Flush);
}
