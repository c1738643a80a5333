namespace Limber.VirtioDevices.Vsock;

/// <summary>See <see cref="VsockConnection"/>.</summary>
internal enum VsockState
{
    Requested,
    Open,
    Closing,
    Closed,
}
