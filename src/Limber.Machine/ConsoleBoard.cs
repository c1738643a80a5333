using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using Limber.Chardev;
using Limber.Chardev.Terminal;
using Limber.Config;
using Limber.Config.Devices;
using Limber.Control;
using Limber.Device;
using Limber.GuestAgent;
using Limber.Virtio;
using Limber.VirtioConsole;

namespace Limber.Machine;

/// <summary>A console device with the host sides of its ports, which come and go while it is there.</summary>
/// <remarks>
/// Thread: any but vCPUs' and the device's loop, which ports are added and removed on. Lock order: <see cref="gate"/> is held
/// while waiting for the loop, which never takes it; host sides are opened without it, as that may last.
/// </remarks>
internal sealed class ConsoleBoard
{
    private readonly Lock gate = new();
    private readonly List<BoardPort> ports = [];
    private readonly TimeProvider time;
    private readonly Action<string, bool> portChanged;
    private GuestAgentOnliner? agentOnliner;
    private bool isClosed;

    /// <param name="context">The device's surroundings.</param>
    /// <param name="config">What it is.</param>
    /// <param name="time">Measures how often the guest's opening and closing is reported.</param>
    /// <param name="portChanged">Hears, at a limited rate and on any thread, that the guest opened or closed the port with an id.</param>
    /// <exception cref="ChardevException">A host side can't be opened; nothing is left.</exception>
    /// <exception cref="ArgumentException">A port's number or name is taken or not possible; nothing is left.</exception>
    public ConsoleBoard(VirtioDeviceContext context, ConsoleDeviceConfig config, TimeProvider time, Action<string, bool> portChanged)
    {
        this.time = time;
        this.portChanged = portChanged;
        if (config.IsSingleConsole)
        {
            (ICharacterBackend backend, GuestAgentChannel? agent) = Open(config.Ports[0]);
            Device = Guarded(backend, () => new ConsoleDevice(context, Options(config.Ports[0], backend)));
            try
            {
                Start(config.Ports[0], Device.GetPort(0)!, backend, agent);
            }
            catch
            {
                Device.Dispose();
                backend.Dispose();
                throw;
            }

            return;
        }

        Device = new ConsoleDevice(context, config.MaximumPorts);
        try
        {
            foreach (ConsolePortConfig port in config.Ports)
            {
                Add(port);
            }
        }
        catch
        {
            Device.Dispose();
            DisposeBackends();
            throw;
        }
    }

    public ConsoleDevice Device { get; }

    /// <summary>The guest's agent at a port that has no other host side than the machine; null without one. Takes no lock.</summary>
    public GuestAgentOnliner? Agent => Volatile.Read(ref agentOnliner);

    /// <summary>The configuration with the numbers that the ports got.</summary>
    public ConsoleDeviceConfig Number(ConsoleDeviceConfig config)
    {
        lock (gate)
        {
            return config with { Ports = [.. config.Ports.Zip(ports, (port, made) => port with { Number = made.Port.Number })] };
        }
    }

    /// <summary>Opens a port's host side and adds the port; a running guest hears of it.</summary>
    /// <returns>Its number.</returns>
    /// <exception cref="ChardevException">The host side can't be opened.</exception>
    /// <exception cref="ArgumentException">The number or the name is taken or not possible.</exception>
    /// <exception cref="InvalidOperationException">All numbers are taken, or the device is being taken apart.</exception>
    public int Add(ConsolePortConfig config)
    {
        (ICharacterBackend backend, GuestAgentChannel? agent) = Open(config);
        return Guarded(backend, () =>
        {
            lock (gate)
            {
                if (isClosed)
                {
                    throw new InvalidOperationException($"{Device.Id} is being removed");
                }

                ConsolePort port = Device.AddPort(Options(config, backend));
                try
                {
                    Start(config, port, backend, agent);
                    return port.Number;
                }
                catch
                {
                    // The host has no thread for it, say.
                    Device.RemovePort(port);
                    throw;
                }
            }
        });
    }

    /// <summary>Takes a port away and closes its host side; no effect when it is gone.</summary>
    public void Remove(int number)
    {
        lock (gate)
        {
            if (ports.Find(p => p.Port.Number == number) is { } found && !isClosed)
            {
                ports.Remove(found);
                if (found.IsAgent)
                {
                    Volatile.Write(ref agentOnliner, null);
                }

                Device.RemovePort(found.Port);
                found.Backend.Dispose();
            }
        }
    }

    /// <summary>No port comes or goes any more; <see cref="DisposeBackends"/> follows when the device is gone.</summary>
    public void Close()
    {
        lock (gate)
        {
            isClosed = true;
        }
    }

    /// <summary>Closes the host sides. The device calls them no more.</summary>
    public void DisposeBackends()
    {
        Close();
        ports.ForEach(p => p.Backend.Dispose());
    }

    private static T Guarded<T>(ICharacterBackend backend, Func<T> make)
    {
        try
        {
            return make();
        }
        catch
        {
            backend.Dispose();
            throw;
        }
    }

    private static (ICharacterBackend Backend, GuestAgentChannel? Agent) Open(ConsolePortConfig config)
    {
        if (config.IsGuestAgent)
        {
            var channel = new GuestAgentChannel();
            return (channel, channel);
        }

        return (CharacterBackends.Create(
            config.Backend ?? new ChardevConfig.Null(),
            new CharacterBackendOptions { Label = config.Id ?? "console", Announce = StandardStreams.WriteOutputLine }), null);
    }

    private static ConsolePortOptions Options(ConsolePortConfig config, ICharacterBackend backend) =>
        new(backend) { Number = config.Number, Name = config.Name, IsConsole = config.IsConsole };

    private void Start(ConsolePortConfig config, ConsolePort port, ICharacterBackend backend, GuestAgentChannel? agent)
    {
        if (agent is not null)
        {
            port.GuestOpenChanged += p => agent.SetListening(p.IsGuestOpen);
            Volatile.Write(ref agentOnliner, new GuestAgentOnliner(new GuestAgentClient(agent, time), time));
        }

        if (config.Id is { } id)
        {
            var watch = new PortWatch(() => port.IsGuestOpen, time, open => portChanged(id, open));
            port.GuestOpenChanged += _ => watch.OnChanged();
        }

        // The guest may have opened it already.
        agent?.SetListening(port.IsGuestOpen);
        backend.Start(port);
        ports.Add(new BoardPort(port, backend, agent is not null));
    }

    private sealed record BoardPort(ConsolePort Port, ICharacterBackend Backend, bool IsAgent);
}
