namespace Limber.Vfio;

/// <summary>Who answers for a byte of configuration space.</summary>
internal enum VfioConfigAccess : byte
{
    /// <summary>Nobody: it reads as zero.</summary>
    Hidden,

    /// <summary>The VMM.</summary>
    Emulated,

    /// <summary>The host's function, as far as the host's driver lets it.</summary>
    PassedThrough,
}
