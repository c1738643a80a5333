namespace Limber.Virtio.Console;

/// <summary>Events of control messages (VIRTIO 1.2, 5.3.6.2).</summary>
internal enum ConsoleEvent : ushort
{
    DeviceReady = 0,
    DeviceAdd = 1,
    DeviceRemove = 2,
    PortReady = 3,
    ConsolePort = 4,
    Resize = 5,
    PortOpen = 6,
    PortName = 7,
}
