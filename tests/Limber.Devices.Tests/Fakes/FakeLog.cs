using Limber.Device;

namespace Limber.Devices.Tests.Fakes;

internal sealed class FakeLog : IDeviceLog
{
    public int Count { get; private set; }

    public string Last { get; private set; } = "";

    public void GuestError(string device, string oddity)
    {
        Count++;
        Last = oddity;
    }
}
