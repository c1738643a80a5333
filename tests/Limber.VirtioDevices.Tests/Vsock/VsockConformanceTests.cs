using System;
using System.IO;
using Limber.Virtio;
using Limber.Virtio.TestKit;
using Limber.VirtioDevices.Vsock;

namespace Limber.VirtioDevices.Tests.Vsock;

/// <summary>The conformance of the transmit queue, with packets that need no answer.</summary>
public sealed class VsockConformanceTests : VirtioHostileConformance<VsockDevice>, IDisposable
{
    private readonly string directory = Directory.CreateTempSubdirectory("limber-vsock").FullName;
    private int count;

    protected override int RequestQueue => 1;

    public void Dispose() => Directory.Delete(directory, recursive: true);

    protected override VsockDevice Create(VirtioDeviceContext context) =>
        new(context, 42, Path.Combine(directory, $"v{count++}"));

    protected override DriverBuffer[] MakeRequest(VirtioRig rig)
    {
        byte[] packet = new byte[VsockHeader.Bytes];
        packet[0] = 42;
        packet[8] = 2;
        packet[28] = 1;
        packet[30] = (byte)VsockOperation.Reset;
        return [rig.Filled(packet)];
    }

    protected override void CheckAnswer(VirtioRig rig, DriverBuffer[] request, uint written) => Assert.Equal(0u, written);
}
