namespace Limber.VirtioConsole.Ports;

/// <summary>
/// Numbers of the queues (VIRTIO 1.2, 5.3.2).
/// <code>
///   0 receive, 1 transmit of port 0    2 control receive, 3 control transmit    2n+2 receive, 2n+3 transmit of port n
/// </code>
/// </summary>
internal static class ConsoleQueues
{
    public const int ControlReceive = 2;
    public const int ControlTransmit = 3;
    private const int FirstOfPort1 = 4;

    /// <summary>Number of queues of a device without control queues.</summary>
    public const int SinglePort = 2;

    public static int Count(int maximumPorts) => maximumPorts * 2 + 2;

    public static bool IsControl(int queue) => queue is ControlReceive or ControlTransmit;

    public static bool IsReceive(int queue) => queue % 2 == 0;

    public static int PortOf(int queue) => queue < FirstOfPort1 ? 0 : (queue / 2) - 1;

    public static int Receive(int port) => port == 0 ? 0 : (2 * port) + 2;

    public static int Transmit(int port) => Receive(port) + 1;
}
