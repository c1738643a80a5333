using System;
using System.Collections.Generic;
using System.Linq;
using Limber.Chardev;
using Limber.Config.Devices;
using Limber.Control;
using Limber.GuestAgent;

namespace Limber.Machine;

/// <summary>
/// Ports of console devices that are plugged and unplugged. The guest is told and not asked: a port has no place on a PCI bus.
/// </summary>
/// <remarks>Thread: <see cref="Plug"/> and <see cref="TryUnplug"/> clients', without the control lock; the rest with it.</remarks>
/// <param name="devices">The machine's devices.</param>
/// <param name="publisher">Takes the events.</param>
internal sealed class PortHotplug(DeviceTable devices, EventPublisher publisher)
{
    /// <summary>Ids of ports that are on their way in or out.</summary>
    private readonly HashSet<string> moving = new(StringComparer.Ordinal);

    /// <summary>A port has the id.</summary>
    public bool IsTaken(string id) => moving.Contains(id) || devices.Exists(d => Ports(d).Any(p => p.Id == id));

    /// <summary>The agent at a port whose host side is the machine: one that the guest has opened, if there are several.</summary>
    public GuestAgentOnliner? FindAgent()
    {
        GuestAgentOnliner? found = null;
        foreach (PluggedDevice device in devices.Attached)
        {
            if (device.Parts?.Board?.Agent is { } agent && (found is null || agent.IsListening))
            {
                found = agent;
            }
        }

        return found;
    }

    /// <inheritdoc cref="IDeviceManager.PlugPort"/>
    /// <param name="config">The port.</param>
    /// <param name="deviceId">Id of the device that gets it; null for the last one.</param>
    /// <param name="check">Throws when the machine has ended or an id is taken; called with the control lock.</param>
    public void Plug(ConsolePortConfig config, string? deviceId, Action<ConsolePortConfig> check)
    {
        PluggedDevice device;
        ConsoleBoard board;
        lock (devices.Control)
        {
            check(config);
            device = devices.All.LastOrDefault(d => d is { IsAttached: true, Parts.Board: not null } && (deviceId is null || d.Id == deviceId))
                ?? throw new VmException(VmErrorCode.BusNotFound, deviceId is null ? "there is no virtio-serial device" : $"Bus '{deviceId}.0' not found");
            board = device.Parts!.Board!;
            CheckPlace(config, (ConsoleDeviceConfig)device.Config);
            if (config.Id is { } id)
            {
                moving.Add(id);
            }
        }

        try
        {
            int number = board.Add(config);
            lock (devices.Control)
            {
                var before = (ConsoleDeviceConfig)device.Config;
                device.Config = before with { Ports = before.Ports.Add(config with { Number = number }) };
                publisher.Publish(new VmEvent.PortPlugged(config.Id));
            }
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException)
        {
            throw new VmException(VmErrorCode.InvalidDevice, e.Message, e);
        }
        catch (Exception e) when (e is ChardevException or Interop.HostException)
        {
            throw new VmException(VmErrorCode.HostFailure, HostShortage.Describe(e, config.Id ?? config.Name ?? "port"), e);
        }
        finally
        {
            Settle(config.Id);
        }
    }

    /// <inheritdoc cref="IDeviceManager.TryUnplugPort"/>
    public bool TryUnplug(string idOrPath)
    {
        const string Peripheral = "/machine/peripheral/";
        string id = idOrPath.StartsWith(Peripheral, StringComparison.Ordinal) ? idOrPath[Peripheral.Length..] : idOrPath;
        ConsoleBoard board;
        int number;
        lock (devices.Control)
        {
            PluggedDevice? device = devices.Find(d => d is { IsAttached: true, Parts.Board: not null } && Ports(d).Any(p => p.Id == id));
            if (device is null)
            {
                return false;
            }

            var before = (ConsoleDeviceConfig)device.Config;
            if (before.IsSingleConsole)
            {
                throw new VmException(VmErrorCode.HotplugNotSupported, $"the console '{id}' is all there is of its device: remove that") { DeviceId = id };
            }

            ConsolePortConfig port = before.Ports.First(p => p.Id == id);
            board = device.Parts!.Board!;
            number = port.Number!.Value;
            device.Config = before with { Ports = before.Ports.Remove(port) };
            moving.Add(id);
        }

        board.Remove(number);
        lock (devices.Control)
        {
            moving.Remove(id);
            publisher.Publish(new VmEvent.DeviceDeleted(id, Peripheral + id));
        }

        return true;
    }

    /// <summary>The ports of a device go with it.</summary>
    public void OnDeviceGone(PluggedDevice device)
    {
        foreach (ConsolePortConfig port in Ports(device))
        {
            if (port.Id is { } id)
            {
                publisher.Publish(new VmEvent.DeviceDeleted(id, "/machine/peripheral/" + id));
            }
        }
    }

    private static IEnumerable<ConsolePortConfig> Ports(PluggedDevice device) => device.Config is ConsoleDeviceConfig config ? config.Ports : [];

    private static void CheckPlace(ConsolePortConfig config, ConsoleDeviceConfig device)
    {
        if (device.IsSingleConsole)
        {
            throw new VmException(VmErrorCode.HotplugNotSupported, $"the console device '{device.Id}' has one port, and no place for another");
        }

        if (config.Name is { } name && device.Ports.Any(p => p.Name == name))
        {
            throw new VmException(VmErrorCode.InvalidDevice, $"virtio-serial-bus: A port already exists by name {name}");
        }

        if (config.Number is { } number && device.Ports.Any(p => p.Number == number))
        {
            throw new VmException(VmErrorCode.InvalidDevice, $"virtio-serial-bus: A port already exists at id {number}");
        }
    }

    private void Settle(string? id)
    {
        lock (devices.Control)
        {
            if (id is not null)
            {
                moving.Remove(id);
            }
        }
    }
}
