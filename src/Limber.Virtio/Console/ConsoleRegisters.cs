namespace Limber.Virtio.Console;

/// <summary>Constants of the console device (VIRTIO 1.2, 5.3).</summary>
internal static class ConsoleRegisters
{
    public const ulong Size = 1UL << 0;
    public const ulong Multiport = 1UL << 1;

    /// <summary>Configuration: 0 le16 cols, 2 le16 rows, 4 le32 max_nr_ports, 8 le32 emerg_wr (not offered).</summary>
    public const int Columns = 0;
    public const int Rows = 2;
    public const int MaximumPorts = 4;
    public const int ConfigLength = 12;

    public const int ControlReceive = 2;
    public const int ControlTransmit = 3;

    /// <summary>Control message: 0 le32 port, 4 le16 event, 6 le16 value (5.3.6.2).</summary>
    public const int MessageLength = 8;

    /// <summary>Queue that port n receives by; it transmits by the next one.</summary>
    public static int ReceiveQueue(int port) => port == 0 ? 0 : 2 + (2 * port);
}
