namespace Limber.Device;

/// <summary>
/// What a bus says about one access. It is about the access alone: a request that a device understood but
/// found wrong is <see cref="Ok"/>, with whatever status the device's own specification defines for it.
/// </summary>
public enum IoStatus
{
    /// <summary>The device handled the access.</summary>
    Ok,

    /// <summary>The device has no register at the offset.</summary>
    InvalidRegister,

    /// <summary>The register exists but not in this width.</summary>
    InvalidWidth,

    /// <summary>The access straddles registers.</summary>
    Unaligned,

    /// <summary>No device claims the address.</summary>
    NoResponse,
}
