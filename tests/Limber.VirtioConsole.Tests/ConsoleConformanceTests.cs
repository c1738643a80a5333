using System.Linq;
using Limber.Virtio;
using Limber.Virtio.TestKit;
using Limber.VirtioConsole.Ports;
using Limber.VirtioConsole.Tests.Fakes;

namespace Limber.VirtioConsole.Tests;

/// <summary>A single terminal, transmitting.</summary>
public sealed class ConsoleTransmitConformanceTests : VirtioHostileConformance<ConsoleDevice>
{
    protected override int RequestQueue => 1;

    protected override ConsoleDevice Create(VirtioDeviceContext context) => CreateSingle(context);

    protected override DriverBuffer[] MakeRequest(VirtioRig rig) => [rig.Filled([1, 2, 3]), rig.Filled([.. Enumerable.Range(0, 200).Select(i => (byte)i)])];

    protected override void CheckAnswer(VirtioRig rig, DriverBuffer[] request, uint written) => Assert.Equal(0u, written);

    internal static ConsoleDevice CreateSingle(VirtioDeviceContext context)
    {
        var backend = new FloodBackend();
        var device = new ConsoleDevice(context, new ConsolePortOptions(backend));
        backend.Start(device.GetPort(0)!);
        return device;
    }
}

/// <summary>A single terminal, receiving from a back end that never ends.</summary>
public sealed class ConsoleReceiveConformanceTests : VirtioHostileConformance<ConsoleDevice>
{
    protected override ConsoleDevice Create(VirtioDeviceContext context) =>
        ConsoleTransmitConformanceTests.CreateSingle(context);

    protected override DriverBuffer[] MakeRequest(VirtioRig rig) => [rig.Buffer(60, true), rig.Buffer(40, true)];

    protected override void CheckAnswer(VirtioRig rig, DriverBuffer[] request, uint written)
    {
        Assert.InRange(written, 1u, 100u);
        byte[] bytes = [.. rig.Memory.Read(request[0].Address, 60), .. rig.Memory.Read(request[1].Address, 40)];

        // With more requests under way the next answer may be in the same buffers already.
        for (int i = 1; i < written && rig[RequestQueue].Outstanding == 0; i++)
        {
            Assert.Equal(unchecked((byte)(bytes[i - 1] + 1)), bytes[i]);
        }
    }
}

/// <summary>A board with ports: the control queue as the one for requests.</summary>
public sealed class ConsoleControlConformanceTests : VirtioHostileConformance<ConsoleDevice>
{
    protected override int RequestQueue => ConsoleQueues.ControlTransmit;

    protected override ulong DeviceFeatures => ConsoleFeatures.Multiport;

    protected override ConsoleDevice Create(VirtioDeviceContext context)
    {
        var device = new ConsoleDevice(context, 3);
        var backend = new FloodBackend();
        backend.Start(device.AddPort(new ConsolePortOptions(backend) { IsConsole = true, Size = new TerminalSize(80, 25) }));
        device.AddPort(new ConsolePortOptions(new FloodBackend()) { Name = "org.limber.test.0" });
        return device;
    }

    protected override DriverBuffer[] MakeRequest(VirtioRig rig) => [rig.Filled(0xff, 0xff, 0xff, 0xff), rig.Filled(0, 0, 1, 0)];

    protected override void CheckAnswer(VirtioRig rig, DriverBuffer[] request, uint written) => Assert.Equal(0u, written);
}
