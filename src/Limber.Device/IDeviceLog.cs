namespace Limber.Device;

/// <summary>Receives what a guest did wrong, without letting the guest fill a disk.</summary>
/// <remarks>Thread: any, also vCPU threads; implementations count and rate-limit and never block.</remarks>
public interface IDeviceLog
{
    /// <summary>Counts one oddity. Both texts are constants of the caller, so that counting allocates nothing.</summary>
    void GuestError(string device, string oddity);
}
