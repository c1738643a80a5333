using Limber.Device;

namespace Limber.Devices.Tests.Bus;

/// <summary>What the litmus needs of a bus: one place where devices come and go.</summary>
internal interface IRemovalBus
{
    void Insert(IIoDevice device);

    /// <summary>When it returns nobody is inside the device nor will be.</summary>
    void RemoveAndDrain();

    void Access();
}
