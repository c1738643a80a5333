using System;

namespace Limber.Device.Loop;

/// <summary>What a descriptor is watched for, and what was found; the values are those of <c>epoll</c>.</summary>
[Flags]
public enum LoopEvents
{
    None = 0,

    /// <summary>There is something to read.</summary>
    Readable = 0x1,

    /// <summary>There is room to write.</summary>
    Writable = 0x4,

    /// <summary>An error is pending; reported always, without being asked for.</summary>
    Error = 0x8,

    /// <summary>The other end is gone; reported always, without being asked for.</summary>
    Hangup = 0x10,

    /// <summary>The other end will write no more.</summary>
    ReadHangup = 0x2000,

    /// <summary>Only for watching: reported once each time something happens, whether or not what was there before was read.</summary>
    EdgeTriggered = int.MinValue,
}
