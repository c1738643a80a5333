namespace Limber.Control;

/// <summary>Whether a processor runs instructions, and what it waits for if not (Intel SDM volume 3, 9.4 and 10.4.7).</summary>
public enum CpuActivity
{
    Running,

    /// <summary>It has halted, and waits for an interrupt.</summary>
    Halted,

    /// <summary>Nobody has started it since its power-on: it waits for INIT.</summary>
    WaitingForInit,

    /// <summary>It waits for a start-up interrupt (SIPI).</summary>
    WaitingForSipi,
}
