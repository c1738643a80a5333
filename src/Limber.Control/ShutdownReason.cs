namespace Limber.Control;

/// <summary>Who asked for a shutdown or reset; the names follow QEMU's ShutdownCause.</summary>
public enum ShutdownReason
{
    HostError,
    HostQmpQuit,
    HostQmpSystemReset,
    HostSignal,
    HostUi,
    GuestShutdown,
    GuestReset,
    GuestPanic,
}
