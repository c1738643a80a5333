namespace Limber.VirtioConsole.Balloon;

/// <summary>What a queue of the balloon is for.</summary>
internal enum BalloonQueue
{
    /// <summary>Nothing: the driver did not accept the feature.</summary>
    None,
    Inflate,
    Deflate,
    Statistics,
    Reporting,
}
