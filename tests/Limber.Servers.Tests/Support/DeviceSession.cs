using System;

namespace Limber.Servers.Tests.Support;

/// <summary>What a test begins with: a QMP session in QEMU's dialect with a machine that has devices.</summary>
public abstract class DeviceSession : IDisposable
{
    protected const string Done = "{\"return\": {}}\r\n";

    private protected DeviceSession()
    {
        Services = new MonitorServices(Machine);
        Client = new QmpClient(Services);
    }

    private protected FakeVirtualMachine Machine { get; } = FakeDeviceManager.CreateMachine();

    private protected MonitorServices Services { get; }

    private protected QmpClient Client { get; }

    public void Dispose()
    {
        Client.Dispose();
        Services.Dispose();
        GC.SuppressFinalize(this);
    }
}
