using System;
using System.Collections.Generic;
using System.Text;
using Limber.Virtio;
using Limber.Virtio.TestKit;
using Limber.VirtioConsole.Ports;

namespace Limber.VirtioConsole.Tests.Fakes;

/// <summary>A driver of a device with control queues.</summary>
internal sealed class PortDriver
{
    private const int BufferLength = 300;
    private readonly Dictionary<ushort, DriverBuffer> listening = [];

    public PortDriver(VirtioRig rig, int buffers = 32)
    {
        Rig = rig;
        for (int i = 0; i < buffers; i++)
        {
            Listen();
        }
    }

    public VirtioRig Rig { get; }

    public static VirtioRig StartRig(int ports = 4)
    {
        var rig = new VirtioRig(context => new ConsoleDevice(context, ports));
        rig.Start(ConsoleFeatures.Multiport);
        return rig;
    }

    public void Listen()
    {
        DriverBuffer buffer = Rig.Buffer(BufferLength, writable: true);
        listening[Rig.Submit(ConsoleQueues.ControlReceive, buffer)] = buffer;
    }

    public void Say(uint port, ControlEvent kind, ushort value)
    {
        byte[] message = new byte[ControlMessage.Length];
        BitConverter.TryWriteBytes(message, port);
        BitConverter.TryWriteBytes(message.AsSpan(4), (ushort)kind);
        BitConverter.TryWriteBytes(message.AsSpan(6), value);
        Rig.Submit(ConsoleQueues.ControlTransmit, Rig.Filled(message));
        Rig.Reap(ConsoleQueues.ControlTransmit);
        Rig.OnLoop(() => { });
    }

    /// <summary>The next message, as text: <c>PORT EVENT VALUE [rest]</c>.</summary>
    public string Hear()
    {
        (ushort id, uint written) = Rig.Reap(ConsoleQueues.ControlReceive);
        byte[] message = Rig.Memory.Read(listening[id].Address, (int)written);
        string kind = ((ControlEvent)BitConverter.ToUInt16(message, 4)).ToString();
        string head = $"{BitConverter.ToUInt32(message)} {kind} {BitConverter.ToUInt16(message, 6)}";
        return kind switch
        {
            nameof(ControlEvent.Resize) => $"{head} {BitConverter.ToUInt16(message, 8)}x{BitConverter.ToUInt16(message, 10)}",
            nameof(ControlEvent.PortName) => $"{head} {Encoding.UTF8.GetString(message.AsSpan(8))}",
            _ => head,
        };
    }

    /// <summary>True when the device has nothing more to say.</summary>
    public bool HearsNothing()
    {
        Rig.OnLoop(() => { });
        Rig.OnLoop(() => { });
        return !Rig[ConsoleQueues.ControlReceive].TryReap(out _, out _);
    }

    /// <summary>Goes through the conversation until the port is open; the messages on the way.</summary>
    public List<string> Open(ConsolePort port)
    {
        List<string> heard = [];
        Say(0xffff_ffff, ControlEvent.DeviceReady, 1);
        heard.Add(Hear());
        Say((uint)port.Number, ControlEvent.PortReady, 1);
        Say((uint)port.Number, ControlEvent.PortOpen, 1);
        while (Rig[ConsoleQueues.ControlReceive].Outstanding != 0 && !heard[^1].Contains("PortOpen", StringComparison.Ordinal))
        {
            heard.Add(Hear());
        }

        return heard;
    }
}
