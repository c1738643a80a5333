using Limber.Device;

namespace Limber.Devices.Tests.Fakes;

internal sealed class FakePower : IPowerController
{
    public int Resets { get; private set; }

    public int PowerOffs { get; private set; }

    public void RequestReset() => Resets++;

    public void RequestPowerOff() => PowerOffs++;
}
