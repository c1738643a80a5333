using System;

namespace Limber.VhostUser;

/// <summary>Features of the protocol itself (vhost-user protocol, "Protocol features").</summary>
[Flags]
public enum VhostUserProtocolFeatures : ulong
{
    None = 0,

    /// <summary>The back end says how many queues it has.</summary>
    MultipleQueues = 1UL << 0,

    /// <summary>Requests without an answer can ask for an acknowledgement.</summary>
    ReplyAcknowledge = 1UL << 3,

    /// <summary>The MTU can be told.</summary>
    NetworkMtu = 1UL << 4,

    /// <summary>The device's configuration space is the back end's.</summary>
    Configuration = 1UL << 9,
}
