using System;
using System.Collections.Generic;
using Limber.Device.Loop;
using Limber.Interop;
using Limber.Virtio;

namespace Limber.VirtioDevices.Vsock;

/// <summary>The connections of a device: which there are, new ones from either side, and whom a packet of the guest is for.</summary>
/// <remarks>Thread: the device's loop.</remarks>
/// <param name="device">Whose they are.</param>
/// <param name="host">Programs of the host, those that have not said where they want to go among them.</param>
/// <param name="outbox">Takes resets for the guest.</param>
internal sealed class VsockConnections(VsockDevice device, VsockHost host, VsockOutbox outbox)
{
    private const uint FirstHostPort = 1u << 30;
    private const uint PastHostPort = 1u << 31;

    private readonly Dictionary<VsockAddress, VsockConnection> table = [];
    private LoopTimer? requestTimer;

    // Anywhere: when a device goes, Linux keeps a connection that its program closed in that moment for eight seconds more, and would
    // refuse one by the same two ports that the next device makes.
    private uint nextHostPort = (uint)Random.Shared.NextInt64(FirstHostPort, PastHostPort);

    public int Count => table.Count;

    /// <summary>Whether there may be one more.</summary>
    public bool HasRoom => table.Count + host.Handshakes < VsockDevice.MaximumConnections;

    /// <summary>The driver has begun.</summary>
    public void Start(DeviceLoop loop) => requestTimer = loop.CreateTimer(EndOldRequests, device);

    /// <summary>The driver is gone: all end, and nobody is told.</summary>
    public void Clear()
    {
        requestTimer?.Dispose();
        foreach (VsockConnection connection in table.Values)
        {
            connection.Close();
        }

        table.Clear();
    }

    /// <summary>A program of the host wants to reach a port of the guest, which is asked.</summary>
    public void Connect(FileDescriptor socket, uint port)
    {
        VsockAddress address;
        do
        {
            address = new VsockAddress(port, nextHostPort);
            nextHostPort = nextHostPort + 1 == PastHostPort ? FirstHostPort : nextHostPort + 1;
        }
        while (table.ContainsKey(address));

        Add(new VsockConnection(device, address, socket, byGuest: false));
        if (requestTimer is { IsRunning: false } timer)
        {
            timer.Start(device.RequestLimit / 2);
        }
    }

    /// <summary>Closes a connection and takes it out of the table.</summary>
    public void Forget(VsockConnection connection)
    {
        connection.Close();
        if (table.Remove(connection.Address))
        {
            host.Resume();
        }
    }

    /// <summary>A packet of the guest.</summary>
    /// <param name="header">Copied.</param>
    /// <param name="chain">Holds the payload behind the header.</param>
    public void Handle(in VsockHeader header, DescriptorChain chain)
    {
        var address = new VsockAddress(header.SourcePort, header.DestinationPort);
        if (header.DestinationContext != VsockDevice.HostContext || header.Type != VsockHeader.StreamType)
        {
            Refuse(header, address);
        }
        else if (table.TryGetValue(address, out VsockConnection? connection))
        {
            connection.Handle(header, chain);
        }
        else if (header.Operation == VsockOperation.Request)
        {
            Accept(header, address);
        }
        else
        {
            Refuse(header, address);
        }
    }

    private void Accept(in VsockHeader header, VsockAddress address)
    {
        if (!HasRoom)
        {
            DropOneThatIsClosing();
        }

        if (!HasRoom || host.TryConnect(address.HostPort) is not { } socket)
        {
            Refuse(header, address);
            return;
        }

        var connection = new VsockConnection(device, address, socket, byGuest: true);

        // What a request says of credit counts as well.
        connection.Learn(header);
        Add(connection);
    }

    private void Add(VsockConnection connection)
    {
        table.Add(connection.Address, connection);
        connection.Start();
    }

    private void Refuse(in VsockHeader header, VsockAddress address)
    {
        // Spec: VIRTIO 1.2 5.10.6.4.2: a reset is not answered.
        if (header.Operation != VsockOperation.Reset)
        {
            outbox.AddReset(address);
            device.ScheduleReceive();
        }
    }

    // Comes twice in the time limit while there are requests, so one is given up at the third time it is seen.
    private void EndOldRequests()
    {
        bool more = false;
        foreach (VsockConnection connection in table.Values)
        {
            more |= connection.IsRequested && !connection.EndIfUnanswered();
        }

        if (more)
        {
            requestTimer!.Start(device.RequestLimit / 2);
        }
    }

    private void DropOneThatIsClosing()
    {
        foreach (VsockConnection connection in table.Values)
        {
            if (connection.IsClosing && !outbox.IsFull)
            {
                outbox.AddReset(connection.Address);
                Forget(connection);
                return;
            }
        }
    }
}
