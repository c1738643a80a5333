namespace Limber.Bench;

/// <summary>Which machines a benchmark is for.</summary>
internal enum MachineKind
{
    /// <summary>Any number of possible processors.</summary>
    Any,

    /// <summary>The largest number of possible processors that both monitors have.</summary>
    Largest,

    /// <summary>One processor, and memory that can grow.</summary>
    Growing,
}
