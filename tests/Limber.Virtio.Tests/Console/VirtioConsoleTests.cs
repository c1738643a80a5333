using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using Limber.Virtio.Console;
using Limber.Virtio.TestKit;
using Limber.Virtio.Tests.Fakes;

namespace Limber.Virtio.Tests.Console;

public sealed class PlainConsoleConformanceTests : VirtioHostileConformance<VirtioConsole>
{
    protected override int RequestQueue => 1;

    protected override ulong DeviceFeatures => 1;

    protected override VirtioConsole Create(VirtioDeviceContext context) =>
        new(context, [new VirtioConsolePortOptions(new StreamBackend { Forgets = true }, null, true)]);

    protected override DriverBuffer[] MakeRequest(VirtioRig rig) => [rig.Filled([.. "hello"u8]), rig.Filled([.. " guest\n"u8])];

    protected override void CheckAnswer(VirtioRig rig, DriverBuffer[] request, uint written) => Assert.Equal(0u, written);
}

public sealed class MultiportConsoleConformanceTests : VirtioHostileConformance<VirtioConsole>
{
    protected override int RequestQueue => 5;

    protected override ulong DeviceFeatures => 3;

    protected override VirtioConsole Create(VirtioDeviceContext context) => new(
        context,
        [
            new VirtioConsolePortOptions(new StreamBackend { Forgets = true }, null, true),
            new VirtioConsolePortOptions(new StreamBackend { Forgets = true }, "org.example.0", false),
        ]);

    protected override DriverBuffer[] MakeRequest(VirtioRig rig) => [rig.Filled([.. "data"u8])];

    protected override void CheckAnswer(VirtioRig rig, DriverBuffer[] request, uint written) => Assert.Equal(0u, written);
}

public sealed class VirtioConsoleTests
{
    private const int ControlIn = 2;
    private const int ControlOut = 3;

    [Fact]
    public void Plain_OutputReachesTheBackend()
    {
        using VirtioRig rig = StartPlain(out StreamBackend backend, out _);
        rig.Submit(1, rig.Filled([.. "abc"u8]), rig.Filled([.. "def"u8]));
        rig.Reap(1);

        Assert.Equal("abcdef"u8.ToArray(), backend.Taken);
    }

    [Fact]
    public void Plain_BackendFull_GoesOnWhereItStopped()
    {
        using VirtioRig rig = StartPlain(out StreamBackend backend, out _);
        backend.SetRoom(4);
        rig.Submit(1, rig.Filled([.. "abc"u8]), rig.Filled([.. "def"u8]));
        Eventually.Holds(() => backend.Taken.Length == 4, "four bytes");
        rig.OnLoop(() => { });
        Assert.False(rig[1].TryReap(out _, out _));

        backend.SetRoom(100);
        backend.Frontend!.OutputDrained();
        rig.Reap(1);
        Assert.Equal("abcdef"u8.ToArray(), backend.Taken);
    }

    [Theory]
    [InlineData(0UL)]
    [InlineData(VirtioFeatures.RingPacked)]
    public void Plain_BackendFull_PauseReturnsAndNothingIsLostOrDoubled(ulong features)
    {
        using VirtioRig rig = StartPlain(out StreamBackend backend, out _, features);
        backend.SetRoom(4);
        rig.Submit(1, rig.Filled([.. "abc"u8]), rig.Filled([.. "def"u8]));
        rig.Submit(1, rig.Filled([.. "ghi"u8]));
        Eventually.Holds(() => backend.Taken.Length == 4, "four bytes");
        rig.Device.Pause();
        rig.Device.Resume();
        backend.SetRoom(100);
        backend.Frontend!.OutputDrained();
        rig.Reap(1);
        rig.Reap(1);

        Assert.Equal("abcdefghi"u8.ToArray(), backend.Taken);
    }

    [Fact]
    public void Plain_BackendFull_ResetForgetsTheRest()
    {
        using VirtioRig rig = StartPlain(out StreamBackend backend, out _);
        backend.SetRoom(2);
        rig.Submit(1, rig.Filled([.. "abcdef"u8]));
        Eventually.Holds(() => backend.Taken.Length == 2, "two bytes");
        rig.ResetAsDriver();
        backend.SetRoom(100);
        rig.Start(1);
        rig.Submit(1, rig.Filled([.. "xyz"u8]));
        rig.Reap(1);

        Assert.Equal("abxyz"u8.ToArray(), backend.Taken);
    }

    [Fact]
    public void Plain_BackendThrows_NeedsResetAndWorksAfterIt()
    {
        using VirtioRig rig = StartPlain(out StreamBackend backend, out _);
        backend.Throws = new InvalidDataException("broken pipe");
        rig.Submit(1, rig.Filled([.. "abc"u8]));
        Eventually.Holds(() => rig.Faults == 1, "a report");
        backend.Throws = null;
        rig.ResetAsDriver();
        rig.Start(1);
        rig.Submit(1, rig.Filled([.. "xyz"u8]));
        rig.Reap(1);

        Assert.Equal("xyz"u8.ToArray(), backend.Taken);
        Assert.Equal(1, rig.Faults);
    }

    [Fact]
    public void Plain_Input_FillsTheGuestsBuffers()
    {
        using VirtioRig rig = StartPlain(out StreamBackend backend, out _);
        Eventually.Holds(() => backend.Frontend!.ReceiveCapacity == 4096, "room");
        Assert.Equal(1, backend.Resumes);
        backend.Frontend!.Receive("early"u8);
        DriverBuffer[] buffers = [rig.Buffer(4, true), rig.Buffer(64, true), rig.Buffer(64, true)];
        foreach (DriverBuffer buffer in buffers)
        {
            rig.Submit(0, buffer);
        }

        Assert.Equal(4u, rig.Reap(0).Written);
        Assert.Equal(1u, rig.Reap(0).Written);
        backend.Frontend.Receive("more"u8);
        Assert.Equal(4u, rig.Reap(0).Written);
        Assert.Equal("earl"u8.ToArray(), rig.Memory.Read(buffers[0].Address, 4));
        Assert.Equal("more"u8.ToArray(), rig.Memory.Read(buffers[2].Address, 4));
    }

    [Fact]
    public void Plain_InputFull_HasNoCapacityUntilTheGuestReads()
    {
        using VirtioRig rig = StartPlain(out StreamBackend backend, out _);
        Eventually.Holds(() => backend.Resumes == 1, "room");
        byte[] content = [.. Enumerable.Range(0, 4096).Select(i => (byte)(i % 251))];
        backend.Frontend!.Receive(content);
        Assert.Equal(0, backend.Frontend.ReceiveCapacity);
        DriverBuffer buffer = rig.Buffer(5000, true);
        rig.Submit(0, buffer);

        Assert.Equal(4096u, rig.Reap(0).Written);
        Assert.Equal(content, rig.Memory.Read(buffer.Address, 4096));
        Eventually.Holds(() => backend.Resumes == 2, "room");
        Assert.Equal(4096, backend.Frontend.ReceiveCapacity);
    }

    [Fact]
    public void Plain_BeforeActivation_TakesNoInput()
    {
        var backend = new StreamBackend();
        using (var rig = new VirtioRig(context => new VirtioConsole(context, [new VirtioConsolePortOptions(backend, null, true)])))
        {
            Assert.Equal(2, rig.Registers.QueueCount);
            Assert.Equal(0, backend.Frontend!.ReceiveCapacity);
        }

        Assert.True(backend.IsDisposed);
    }

    [Fact]
    public void Plain_Resize_ChangesConfiguration()
    {
        using VirtioRig rig = StartPlain(out _, out VirtioConsole console);
        rig.OnLoop(() => { });
        console.Resize(0, 132, 50);
        Eventually.Holds(() => rig.Transport.ConfigInterrupts == 1, "a configuration interrupt");

        byte[] config = new byte[4];
        rig.Registers.TryReadConfig(0, config);
        Assert.Equal([132, 0, 50, 0], config);
    }

    [Fact]
    public void Multiport_Handshake_TellsOfPortsInOrder()
    {
        using VirtioRig rig = StartMultiport(out StreamBackend[] backends, out VirtioConsole console);
        DriverBuffer[] buffers = OfferControlBuffers(rig, 12);
        console.Resize(0, 80, 24);
        rig.OnLoop(() => { });
        Say(rig, 0, 0, 1);
        Assert.Equal(["0 1 1", "1 1 1"], Hear(rig, buffers, 0, 2));

        Say(rig, 0, 3, 1);
        Assert.Equal(["0 4 1", "0 6 1", "0 5 0 50001800"], Hear(rig, buffers, 2, 3));
        Say(rig, 1, 3, 1);
        Assert.Equal(["1 7 1 " + Convert.ToHexString("org.example.0"u8), "1 6 1"], Hear(rig, buffers, 5, 2));

        Assert.Equal(0, backends[1].Frontend!.ReceiveCapacity);
        Say(rig, 1, 6, 1);
        Assert.Equal(4096, backends[1].Frontend!.ReceiveCapacity);
        Assert.Equal(0, backends[0].Frontend!.ReceiveCapacity);
        backends[1].Frontend!.Receive("in"u8);
        DriverBuffer input = rig.Buffer(16, true);
        rig.Submit(4, input);
        Assert.Equal(2u, rig.Reap(4).Written);
        rig.Submit(5, rig.Filled([.. "out"u8]));
        rig.Reap(5);
        Assert.Equal("out"u8.ToArray(), backends[1].Taken);
        Assert.Empty(backends[0].Taken);

        Say(rig, 1, 6, 0);
        Assert.Equal(0, backends[1].Frontend!.ReceiveCapacity);
        Assert.Empty(rig.Log.Oddities);
    }

    [Fact]
    public void Multiport_OddMessages_AreCounted()
    {
        using VirtioRig rig = StartMultiport(out _, out _);
        Say(rig, 2, 3, 1);
        Say(rig, 0, 99, 1);
        rig.Submit(ControlOut, rig.Filled(1, 2, 3));
        rig.Reap(ControlOut);

        Assert.Equal(
            [
                "console control message about a port that is not there",
                "console control message of an unknown kind",
                "console control message that is too short",
            ],
            rig.Log.Oddities);
    }

    [Fact]
    public void Multiport_AskedAgainAndAgain_SaysThingsOnce()
    {
        using VirtioRig rig = StartMultiport(out _, out _);
        for (int i = 0; i < 200; i++)
        {
            Say(rig, 0, 0, 1);
        }

        DriverBuffer[] buffers = OfferControlBuffers(rig, 12);
        Assert.Equal(["0 1 1", "1 1 1"], Hear(rig, buffers, 0, 2));
        rig.OnLoop(() => { });
        Assert.False(rig[ControlIn].TryReap(out _, out _));
    }

    [Fact]
    public void Multiport_NotNegotiated_UsesTheFirstPort()
    {
        using var rig = new VirtioRig(context => CreateMultiport(context, [new StreamBackend(), new StreamBackend()]));
        rig.Start(0);
        rig.Submit(1, rig.Filled([.. "abc"u8]));
        rig.Reap(1);
        Say(rig, 0, 0, 1);

        Assert.Equal(["console control message without multiport"], rig.Log.Oddities);
    }

    [Fact]
    public void Ports_TooManyOrTooLongNames_AreRefused()
    {
        var port = new VirtioConsolePortOptions(new StreamBackend(), "x", false);
        using var rig = new VirtioRig(context => CreateMultiport(context, [new StreamBackend(), new StreamBackend()]));

        Assert.Throws<ArgumentException>(() => new VirtioConsole(rig.Context, []));
        Assert.Throws<ArgumentException>(() => new VirtioConsole(rig.Context, [.. Enumerable.Repeat(port, 32)]));
        Assert.Throws<ArgumentException>(() => new VirtioConsole(rig.Context, [port with { Name = new string('x', 256) }]));
    }

    private static VirtioRig StartPlain(out StreamBackend backend, out VirtioConsole console, ulong features = 0)
    {
        var made = new StreamBackend();
        var rig = new VirtioRig(context => new VirtioConsole(context, [new VirtioConsolePortOptions(made, null, true)]));
        backend = made;
        console = (VirtioConsole)rig.Device;
        rig.Start(features | 1);
        return rig;
    }

    private static VirtioRig StartMultiport(out StreamBackend[] backends, out VirtioConsole console)
    {
        StreamBackend[] made = [new(), new()];
        var rig = new VirtioRig(context => CreateMultiport(context, made));
        backends = made;
        console = (VirtioConsole)rig.Device;
        rig.Start(3);
        return rig;
    }

    private static VirtioConsole CreateMultiport(VirtioDeviceContext context, StreamBackend[] backends) => new(
        context,
        [
            new VirtioConsolePortOptions(backends[0], null, true),
            new VirtioConsolePortOptions(backends[1], "org.example.0", false),
        ]);

    private static DriverBuffer[] OfferControlBuffers(VirtioRig rig, int count)
    {
        var buffers = new DriverBuffer[count];
        for (int i = 0; i < count; i++)
        {
            buffers[i] = rig.Buffer(64, true);
            rig.Submit(ControlIn, buffers[i]);
        }

        return buffers;
    }

    private static void Say(VirtioRig rig, uint port, ushort happened, ushort value)
    {
        rig.Submit(ControlOut, rig.Filled(
            [.. BitConverter.GetBytes(port), .. BitConverter.GetBytes(happened), .. BitConverter.GetBytes(value)]));
        rig.Reap(ControlOut);
    }

    private static List<string> Hear(VirtioRig rig, DriverBuffer[] buffers, int first, int count)
    {
        var heard = new List<string>();
        for (int i = 0; i < count; i++)
        {
            int length = (int)rig.Reap(ControlIn).Written;
            byte[] data = rig.Memory.Read(buffers[first + i].Address, length);
            var text = new StringBuilder();
            text.Append($"{BitConverter.ToUInt32(data)} {BitConverter.ToUInt16(data, 4)} {BitConverter.ToUInt16(data, 6)}");
            heard.Add(length > 8 ? $"{text} {Convert.ToHexString(data.AsSpan(8))}" : text.ToString());
        }

        return heard;
    }
}
