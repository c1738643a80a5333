using System;

namespace Limber.Device;

/// <summary>How a guest may reach a register.</summary>
[Flags]
public enum RegisterAccess
{
    /// <summary>The guest may read it.</summary>
    Read = 1,

    /// <summary>The guest may write it.</summary>
    Write = 2,

    /// <summary>Both.</summary>
    ReadWrite = Read | Write,

    /// <summary>
    /// Accesses narrower than the register, wherever they lie inside it, are allowed as well. A narrow read reads the
    /// whole register and takes its part; a narrow write reads, merges and writes, so the register must be readable
    /// without a side effect.
    /// </summary>
    Partial = 4,
}
