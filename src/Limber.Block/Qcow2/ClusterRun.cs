namespace Limber.Block.Qcow2;

/// <summary>Neighbouring guest clusters of one kind, whose clusters in the file are neighbours too.</summary>
/// <param name="Host">Offset in the file of the first; 0 where there is none.</param>
/// <param name="Count">Guest clusters.</param>
/// <param name="IsCopied">The file's clusters belong to this disk alone and may be written.</param>
/// <param name="Entry">The first one's table entry.</param>
internal readonly record struct ClusterRun(ClusterKind Kind, ulong Host, ulong Count, bool IsCopied, ulong Entry)
{
    public bool IsWritable => Kind == ClusterKind.Data && IsCopied;

    public bool ReadsZeros => Kind is ClusterKind.Zero or ClusterKind.ZeroAllocated;
}
