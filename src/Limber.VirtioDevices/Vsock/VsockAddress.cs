namespace Limber.VirtioDevices.Vsock;

/// <summary>Both ends of a connection; the contexts are always the guest's and the host's.</summary>
internal readonly record struct VsockAddress(uint GuestPort, uint HostPort);
