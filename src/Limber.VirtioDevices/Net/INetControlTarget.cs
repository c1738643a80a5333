using System;

namespace Limber.VirtioDevices.Net;

/// <summary>What the driver can order by the control queue.</summary>
/// <remarks>Thread: the control queue's loop.</remarks>
internal interface INetControlTarget
{
    /// <summary>The driver broke a rule; the text is a constant.</summary>
    void CountOddity(string oddity);

    /// <summary>Uses this many pairs; false when there are not as many.</summary>
    bool TrySetActivePairs(int count);

    /// <summary>Shows this address in the configuration.</summary>
    void SetMac(ReadOnlySpan<byte> mac);

    /// <summary>Takes these large or unfinished frames from the host.</summary>
    /// <param name="guestFeatures">Of <see cref="NetFeatures.GuestOffloads"/>.</param>
    void SetOffloads(ulong guestFeatures);
}
