using System;
using System.Collections.Generic;
using System.Threading;
using Limber.Virtio;
using Limber.Virtio.TestKit;
using Limber.VirtioConsole.Ports;
using Limber.VirtioConsole.Tests.Fakes;

namespace Limber.VirtioConsole.Tests;

/// <summary>Drivers, owners and back ends that do things in every order.</summary>
public sealed class PortFuzzTests
{
    private const int Ports = 4;

    [Theory]
    [InlineData(1, 0UL)]
    [InlineData(2, VirtioFeatures.EventIndex | VirtioFeatures.IndirectDescriptors)]
    [InlineData(3, VirtioFeatures.RingPacked)]
    [Trait(FuzzSeed.Trait, FuzzSeed.Value)]
    public void EverythingAtRandom_NeverFaults_AndAfterAResetItWorks(int seed, ulong features)
    {
        var random = FuzzSeed.Create(seed);
        using var rig = new VirtioRig(context => new ConsoleDevice(context, Ports));
        var device = (ConsoleDevice)rig.Device;
        rig.Start(ConsoleFeatures.Multiport | features, queueSize: 16);
        List<(ConsolePort Port, RecordingBackend Backend)> ports = [];
        byte[] noise = new byte[300];
        for (int i = 0; i < 6000; i++)
        {
            random.NextBytes(noise);
            (ConsolePort? port, RecordingBackend? backend) = ports.Count == 0 ? default : ports[random.Next(ports.Count)];
            switch (random.Next(12))
            {
                case 0 when ports.Count < Ports:
                    Add(device, ports, random);
                    break;
                case 1 when port is not null && random.Next(4) == 0:
                    device.RemovePort(port);
                    ports.RemoveAll(p => p.Port == port);
                    break;
                case 2 when port is not null:
                    port.Receive(noise.AsSpan(0, Math.Min(port.ReceiveCapacity, random.Next(noise.Length))));
                    break;
                case 3:
                    backend?.Drain(random.Next(200));
                    break;
                case 4:
                    backend?.Connect(random.Next(2) == 0);
                    break;
                case 5 when random.Next(10) == 0:
                    rig.Device.Pause();
                    rig.Device.Resume();
                    break;
                case 6 when random.Next(40) == 0:
                    rig.ResetAsDriver();
                    rig.Start((random.Next(3) == 0 ? 0 : ConsoleFeatures.Multiport) | features, queueSize: 16);
                    break;
                case 7 when port is { IsConsole: true }:
                    device.Resize(port, new TerminalSize((ushort)random.Next(65536), (ushort)random.Next(65536)));
                    break;
                case 8:
                    rig.Registers.TryWriteConfig((ulong)random.Next(12), noise.AsSpan(0, 1));
                    break;
                case 9:
                    Submit(rig, ConsoleQueues.ControlTransmit, Message(random), isWritable: false);
                    break;
                default:
                    Submit(rig, random.Next(rig.Registers.QueueCount), noise.AsSpan(0, random.Next(1, noise.Length)), random.Next(2) == 0);
                    break;
            }
        }

        rig.ResetAsDriver();
        rig.Start(ConsoleFeatures.Multiport);
        foreach ((ConsolePort port, _) in ports)
        {
            device.RemovePort(port);
        }

        var last = new RecordingBackend();
        ConsolePort fresh = device.AddPort(new(last) { Name = "fresh" });
        last.Start(fresh);
        new PortDriver(rig).Open(fresh);
        rig.Submit(ConsoleQueues.Transmit(fresh.Number), rig.Filled("works"u8.ToArray()));
        rig.Reap(ConsoleQueues.Transmit(fresh.Number));
        Assert.Equal("works", last.Text);
        Assert.Equal(0, rig.Faults);
    }

    [Fact]
    public void ThreadsOfBackends_BesideTheLoop_LoseNothing()
    {
        const int Length = 200_000;
        using VirtioRig rig = PortDriver.StartRig();
        var backend = new RecordingBackend { Room = 0 };
        ConsolePort port = ((ConsoleDevice)rig.Device).AddPort(new(backend) { Name = "stress" });
        using var room = new AutoResetEvent(false);
        backend.Start(port);
        port.OnCapacityAvailable(() => room.Set());
        new PortDriver(rig).Open(port);
        bool ended = false;
        var source = new Thread(() => Give(port, room, Length)) { IsBackground = true };
        var drain = new Thread(() =>
        {
            while (!Volatile.Read(ref ended))
            {
                backend.Drain(777);
                Thread.Yield();
            }
        }) { IsBackground = true };
        source.Start();
        drain.Start();

        byte[] read = Exchange(rig, port.Number, Length);
        Eventually.Holds(() => backend.Received.Length == Length, "the last bytes");
        Volatile.Write(ref ended, true);
        source.Join();
        drain.Join();

        byte[] pattern = Pattern(0, Length);
        Assert.Equal(pattern, read);
        Assert.Equal(pattern, backend.Received);
    }

    private static void Give(ConsolePort port, AutoResetEvent room, int length)
    {
        int given = 0;
        while (given < length)
        {
            int count = Math.Min(port.ReceiveCapacity, length - given);
            if (count == 0)
            {
                room.WaitOne();
                continue;
            }

            port.Receive(Pattern(given, count));
            given += count;
        }
    }

    private static byte[] Exchange(VirtioRig rig, int port, int length)
    {
        int receive = ConsoleQueues.Receive(port);
        int transmit = ConsoleQueues.Transmit(port);
        DriverBuffer input = rig.Buffer(1000, true);
        DriverBuffer output = rig.Buffer(2000, false);
        List<byte> read = [];
        int sent = 0;
        bool Step()
        {
            if (sent < length && rig[transmit].Outstanding == 0)
            {
                byte[] piece = Pattern(sent, Math.Min(2000, length - sent));
                rig.Memory.Write(output.Address, piece);
                rig.Submit(transmit, output with { Length = piece.Length });
                sent += piece.Length;
            }

            if (rig[receive].Outstanding == 0 && read.Count < length)
            {
                rig.Submit(receive, input);
            }

            rig[transmit].TryReap(out _, out _);
            if (rig[receive].TryReap(out _, out uint written))
            {
                read.AddRange(rig.Memory.Read(input.Address, (int)written));
            }

            return read.Count == length && sent == length;
        }

        Eventually.Holds(Step, "all bytes");
        return [.. read];
    }

    private static byte[] Pattern(int start, int length)
    {
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++)
        {
            bytes[i] = (byte)((start + i) % 251);
        }

        return bytes;
    }

    private static void Add(ConsoleDevice device, List<(ConsolePort, RecordingBackend)> ports, Random random)
    {
        var backend = new RecordingBackend { Room = random.Next(300) };
        bool isConsole = device.GetPort(0) is null;
        ConsolePort port = device.AddPort(new(backend)
        {
            IsConsole = isConsole,
            Name = isConsole ? null : $"port{random.Next()}",
            Size = random.Next(2) == 0 ? new TerminalSize(80, 25) : null,
        });
        backend.Start(port);
        ports.Add((port, backend));
    }

    private static byte[] Message(Random random)
    {
        byte[] message = new byte[8];
        message[0] = (byte)random.Next(Ports + 1);
        message[4] = (byte)(random.Next(3) switch
        {
            0 => random.Next(9),
            1 => (int)ControlEvent.PortOpen,
            _ => random.Next(4) == 0 ? (int)ControlEvent.DeviceReady : (int)ControlEvent.PortReady,
        });
        message[6] = (byte)(random.Next(4) == 0 ? 0 : 1);
        return message;
    }

    private static void Submit(VirtioRig rig, int queue, ReadOnlySpan<byte> content, bool isWritable)
    {
        while (rig[queue].TryReap(out _, out _))
        {
        }

        // Buffers overlap on purpose: the device must not care.
        ulong address = TestMemory.Last + ((ulong)queue * 4096);
        rig.Memory.Write(new(address), content);
        if (rig[queue].TrySubmit([new DriverBuffer(new(address), content.Length, isWritable)], out _) && rig[queue].Publish())
        {
            rig.Kick(queue);
        }
    }
}
