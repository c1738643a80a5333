using System;

namespace Limber.Net;

/// <summary>What a reader of a tap can take without the kernel's help (<c>TUN_F_*</c> of <c>linux/if_tun.h</c>).</summary>
[Flags]
public enum TapOffloads
{
    None = 0,

    /// <summary>Packets whose checksum is not filled in.</summary>
    Checksum = 0x01,

    /// <summary>TCP over IPv4 beyond the MTU.</summary>
    Tcp4 = 0x02,

    /// <summary>TCP over IPv6 beyond the MTU.</summary>
    Tcp6 = 0x04,

    /// <summary>TCP segments with ECN.</summary>
    TcpEcn = 0x08,

    /// <summary>UDP fragments.</summary>
    Udp = 0x10,
}
