using System.Runtime.InteropServices;

namespace Limber.VirtioConsole.Ports;

/// <summary>
/// A control message as it lies in memory (VIRTIO 1.2, 5.3.6.2).
/// <code>
///   0     4       6       8
///   | id  | event | value | name (PORT_NAME), or rows and columns (RESIZE)
/// </code>
/// </summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal readonly record struct ControlMessage(uint Port, ControlEvent Event, ushort Value)
{
    public const int Length = 8;
}
