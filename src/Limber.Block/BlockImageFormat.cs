namespace Limber.Block;

/// <summary>How the bytes of an image file are organised.</summary>
public enum BlockImageFormat
{
    /// <summary>
    /// Look at the first bytes. A raw disk's first bytes belong to the guest, so one that was guessed is protected from being
    /// turned into something else: writes that put another format's signature into its first sector fail with <c>EPERM</c>.
    /// </summary>
    Probe,

    /// <summary>Byte for byte what the guest sees; also host block devices.</summary>
    Raw,

    /// <summary>QEMU's copy-on-write format, versions 2 and 3.</summary>
    Qcow2,
}
