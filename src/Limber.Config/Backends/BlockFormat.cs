namespace Limber.Config.Backends;

/// <summary>Formats of disk images.</summary>
public enum BlockFormat
{
    /// <summary>Found out from the first bytes. A guest could forge them, so writes that would change what is found are refused.</summary>
    Probe,

    /// <summary>The bytes of the disk.</summary>
    Raw,

    /// <summary>QEMU's copy-on-write format, versions 2 and 3.</summary>
    Qcow2,
}
