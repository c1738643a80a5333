using System;

namespace Limber.Virtio.Console;

/// <summary>What the driver has yet to be told about a port, in the order in which it is told.</summary>
[Flags]
internal enum PortNews
{
    None = 0,
    Added = 1,
    IsConsole = 2,
    Name = 4,
    Open = 8,
    Size = 16,
}
