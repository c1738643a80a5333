namespace Limber.Block.Qcow2;

/// <summary>A stretch of a request's memory.</summary>
/// <param name="Skip">Where in the list it starts.</param>
internal readonly record struct Piece(SegmentList List, ulong Skip, ulong Length)
{
    public Piece Take(ulong length) => this with { Length = length };

    public Piece After(ulong taken) => new(List, Skip + taken, Length - taken);
}
