namespace Limber.Device;

/// <summary>A log that drops everything.</summary>
public sealed class NullDeviceLog : IDeviceLog
{
    /// <summary>The one instance.</summary>
    public static NullDeviceLog Instance { get; } = new();

    private NullDeviceLog() { }

    /// <inheritdoc/>
    public void GuestError(string device, string oddity) { }
}
