using System;

namespace Limber.VirtioConsole.Ports;

/// <summary>What a driver has to be told about a port. Told in the order of the bits.</summary>
[Flags]
internal enum PortNews
{
    None = 0,
    Add = 1,
    Console = 2,
    Resize = 4,
    Name = 8,
    HostConnection = 16,
}
