using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using Limber.Virtio;
using Limber.Virtio.TestKit;
using Limber.VirtioConsole.Ports;
using Limber.VirtioConsole.Tests.Fakes;

namespace Limber.VirtioConsole.Tests;

public sealed class SingleConsoleTests : IDisposable
{
    private readonly RecordingBackend backend = new();
    private readonly VirtioRig rig;

    public SingleConsoleTests()
    {
        rig = new VirtioRig(context => new ConsoleDevice(context, new ConsolePortOptions(backend) { Size = new TerminalSize(132, 43) }));
        backend.Start(Port);
    }

    private ConsoleDevice Device => (ConsoleDevice)rig.Device;

    private ConsolePort Port => Device.GetPort(0)!;

    public void Dispose() => rig.Dispose();

    [Fact]
    public void Registers_AreThoseOfOnePort()
    {
        byte[] config = new byte[12];
        Assert.True(rig.Registers.TryReadConfig(0, config));

        Assert.Equal(2, rig.Registers.QueueCount);
        Assert.Equal(ConsoleFeatures.Size | ConsoleFeatures.EmergencyWrite, rig.Registers.DeviceFeatures & 0xff_ffff);
        Assert.Equal([132, 0, 43, 0, 1, 0, 0, 0, 0, 0, 0, 0], config);
    }

    [Fact]
    public void Port_IsOpenWhileADriverIsThere()
    {
        List<bool> states = [];
        Port.GuestOpenChanged += port => states.Add(port.IsGuestOpen);
        Assert.Equal(0, Port.ReceiveCapacity);

        rig.Start(0);
        rig.OnLoop(() => { });

        Assert.Equal(PortInput.Capacity, Port.ReceiveCapacity);
        Assert.Equal(1, backend.Resumes);
        rig.ResetAsDriver();
        Assert.Equal(0, Port.ReceiveCapacity);
        Assert.Equal([true, false], states);
    }

    [Fact]
    public void Output_ArrivesInOrder()
    {
        rig.Start(0);
        rig.Submit(1, rig.Filled("Linux "u8.ToArray()), rig.Filled("boots"u8.ToArray()));
        rig.Reap(1);

        Assert.Equal("Linux boots", backend.Text);
    }

    [Fact]
    public void Output_FullBackend_StaysWithTheGuestUntilThereIsRoom()
    {
        backend.Room = 4;
        rig.Start(0);
        rig.Submit(1, rig.Filled("abcdefgh"u8.ToArray()));
        rig.Submit(1, rig.Filled("ijkl"u8.ToArray()));
        Eventually.Holds(() => backend.Received.Length == 4, "the first bytes");
        rig.OnLoop(() => { });
        Assert.False(rig[1].TryReap(out _, out _));

        backend.Drain(6);
        rig.Reap(1);
        backend.Drain(100);
        rig.Reap(1);

        Assert.Equal("abcdefghijkl", backend.Text);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Output_StuckWhenTheDeviceStops_IsSaved(bool reset)
    {
        backend.Room = 3;
        rig.Start(0);
        rig.Submit(1, rig.Filled("panic: not syncing"u8.ToArray()));
        Eventually.Holds(() => backend.Received.Length == 3, "the first bytes");

        if (reset)
        {
            rig.Device.Reset();
        }
        else
        {
            rig.Device.Pause();
            rig.Reap(1);
        }

        backend.Drain(7);
        backend.Drain(7);
        Eventually.Holds(() => backend.Received.Length >= 10, "more");
        rig.OnLoop(() => { });
        backend.Drain(100);
        Eventually.Holds(() => backend.Text == "panic: not syncing", "the rest");
        Assert.Empty(rig.Log.Oddities);
    }

    [Fact]
    public void Output_AfterASavedRest_KeepsTheOrder()
    {
        backend.Room = 1;
        rig.Start(0);
        rig.Submit(1, rig.Filled("12345"u8.ToArray()));
        Eventually.Holds(() => backend.Received.Length == 1, "the first byte");
        rig.Device.Pause();
        rig.Reap(1);
        rig.Submit(1, rig.Filled("6789"u8.ToArray()));
        rig.Device.Resume();
        rig.Kick(1);
        rig.OnLoop(() => { });
        Assert.Equal("1", backend.Text);

        backend.Drain(1000);
        rig.Reap(1);

        Assert.Equal("123456789", backend.Text);
    }

    [Fact]
    public unsafe void Output_OneChainOfManyMegabytes_LetsOthersHaveTheirTurn()
    {
        // 16 descriptors over the same megabyte: the guest's trick to keep a loop busy.
        rig.Start(0);
        DriverBuffer[] request = [.. Enumerable.Repeat(new DriverBuffer(new(TestMemory.Last), 1 << 20, false), 16)];
        rig.Submit(1, request);
        rig.Reap(1);

        Assert.Equal(16 << 20, backend.Received.Length);
    }

    [Fact]
    public void Input_FillsTheGuestsBuffers_AndWaitsWhenThereAreNone()
    {
        rig.Start(0);
        rig.OnLoop(() => { });
        Port.Receive("whoami\n"u8);
        DriverBuffer buffer = rig.Buffer(4, true);
        rig.Submit(0, buffer);
        Assert.Equal(4u, rig.Reap(0).Written);
        Assert.Equal("whoa", Encoding.ASCII.GetString(rig.Memory.Read(buffer.Address, 4)));

        rig.Submit(0, buffer);

        Assert.Equal(3u, rig.Reap(0).Written);
        Assert.Equal("mi\n", Encoding.ASCII.GetString(rig.Memory.Read(buffer.Address, 3)));
    }

    [Fact]
    public void Input_FullRing_HasNoCapacity_AndSaysWhenItHasAgain()
    {
        rig.Start(0);
        rig.OnLoop(() => { });
        Port.Receive(new byte[PortInput.Capacity]);
        Assert.Equal(0, Port.ReceiveCapacity);
        int resumes = backend.Resumes;

        rig.Submit(0, rig.Buffer(100, true));
        rig.Reap(0);
        rig.OnLoop(() => { });

        Assert.Equal(resumes + 1, backend.Resumes);
        Assert.Equal(100, Port.ReceiveCapacity);
    }

    [Fact]
    public void Input_BufferWithoutRoom_IsCountedAndComesBack()
    {
        rig.Start(0);
        rig.OnLoop(() => { });
        rig.Submit(0, rig.Filled(1, 2, 3));
        Port.Receive("x"u8);

        Assert.Equal(0u, rig.Reap(0).Written);
        Assert.Contains("receive buffer without room", rig.Log.Oddities);
    }

    [Fact]
    public void Resize_IsInTheConfiguration()
    {
        rig.Start(ConsoleFeatures.Size);
        rig.OnLoop(() => { });
        Device.Resize(Port, new TerminalSize(100, 50));
        byte[] config = new byte[4];
        rig.Registers.TryReadConfig(0, config);

        Assert.Equal([100, 0, 50, 0], config);
        Assert.Equal(1, rig.Transport.ConfigInterrupts);
    }

    [Fact]
    public void EmergencyWrite_NeedsNoDriver()
    {
        foreach (byte value in "Oops"u8)
        {
            rig.Registers.TryWriteConfig(8, [value, 0, 0, 0]);
        }

        Eventually.Holds(() => backend.Text == "Oops", "the emergency output");
    }

    [Theory]
    [InlineData(1, 0UL)]
    [InlineData(2, VirtioFeatures.EventIndex)]
    [InlineData(3, VirtioFeatures.RingPacked | VirtioFeatures.EventIndex)]
    [Trait(FuzzSeed.Trait, FuzzSeed.Value)]
    public void Transfer_AtRandomInBothDirections_LosesNothing(int seed, ulong features)
    {
        var random = FuzzSeed.Create(seed);
        byte[] output = new byte[20_000];
        byte[] input = new byte[20_000];
        random.NextBytes(output);
        random.NextBytes(input);
        List<byte> read = [];
        Dictionary<ushort, DriverBuffer> reading = [];
        backend.Room = 0;
        rig.Start(features, queueSize: 16);
        Queue<DriverBuffer> free = new(Enumerable.Range(0, 8).Select(_ => rig.Buffer(random.Next(1, 90), true)));
        DriverBuffer area = rig.Buffer(output.Length, false);
        rig.Memory.Write(area.Address, output);
        int sent = 0;
        int given = 0;
        Eventually.Holds(() => Port.IsGuestOpen, "an open port");
        Eventually.Holds(
            () =>
            {
                int length = Math.Min(random.Next(1, 400), output.Length - sent);
                if (length != 0 && rig[1].TrySubmit([new DriverBuffer(new(area.Address.Value + (ulong)sent), length, false)], out _))
                {
                    sent += length;
                    Kick(1);
                }

                while (rig[1].TryReap(out _, out _))
                {
                }

                while (free.TryPeek(out DriverBuffer buffer) && rig[0].TrySubmit([buffer], out ushort id))
                {
                    reading[id] = free.Dequeue();
                    Kick(0);
                }

                while (rig[0].TryReap(out ushort id, out uint written))
                {
                    read.AddRange(rig.Memory.Read(reading[id].Address, (int)written));
                    free.Enqueue(reading[id]);
                }

                int room = Math.Min(Math.Min(Port.ReceiveCapacity, random.Next(1, 700)), input.Length - given);
                Port.Receive(input.AsSpan(given, room));
                given += room;
                backend.Drain(random.Next(300));
                return read.Count == input.Length && backend.Received.Length == output.Length;
            },
            "all bytes");

        Assert.Equal(output, backend.Received);
        Assert.Equal(input, read);
        Assert.Empty(rig.Log.Oddities);
    }

    private void Kick(int queue)
    {
        if (rig[queue].Publish())
        {
            rig.Kick(queue);
        }
    }
}
