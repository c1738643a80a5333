using System;

namespace Limber.Device;

/// <summary>
/// What a character back end may say besides its bytes: whether somebody is at the other end. Guests see it where their hardware can
/// show it (carrier of a modem, PORT_OPEN of a virtio port); a back end without this counts as connected.
/// </summary>
public interface IHostConnection
{
    /// <summary>Somebody is there now. Thread: any.</summary>
    bool IsConnected { get; }

    /// <summary>Registers the action that the back end calls, from any thread and with no lock held, after each change. Called once.</summary>
    void OnConnectionChanged(Action changed);
}
