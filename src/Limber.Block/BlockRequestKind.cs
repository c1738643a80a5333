namespace Limber.Block;

/// <summary>What a request does to the image.</summary>
public enum BlockRequestKind
{
    /// <summary>Image to memory.</summary>
    Read,

    /// <summary>Memory to image.</summary>
    Write,

    /// <summary>Everything that was completed before this was submitted survives a power loss once this completes.</summary>
    Flush,

    /// <summary>The guest no longer needs the range; what it reads there afterwards is undefined.</summary>
    Discard,

    /// <summary>The range reads as zeros afterwards.</summary>
    WriteZeroes,
}
