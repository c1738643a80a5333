namespace Limber.VirtioConsole.Ports;

/// <summary>Events of control messages (VIRTIO 1.2, 5.3.6.2).</summary>
internal enum ControlEvent : ushort
{
    /// <summary>Driver: ready for control messages (1), or not (0).</summary>
    DeviceReady = 0,

    /// <summary>Device: there is a port.</summary>
    DeviceAdd = 1,

    /// <summary>Device: the port is gone.</summary>
    DeviceRemove = 2,

    /// <summary>Driver: uses the port (1), or can't (0).</summary>
    PortReady = 3,

    /// <summary>Device: the port is a console.</summary>
    ConsolePort = 4,

    /// <summary>Device: the console's size.</summary>
    Resize = 5,

    /// <summary>Both: the port was opened (1) or closed (0).</summary>
    PortOpen = 6,

    /// <summary>Device: name of the port.</summary>
    PortName = 7,
}
