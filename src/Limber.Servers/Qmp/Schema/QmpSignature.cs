using System.Collections.Immutable;

namespace Limber.Servers.Qmp.Schema;

/// <summary>What a command takes and returns.</summary>
/// <param name="Arguments">Its parameters; the dispatcher refuses anything else before the command runs.</param>
/// <param name="Returns">Its result.</param>
public sealed record QmpSignature(QmpObjectType Arguments, QmpType Returns)
{
    /// <summary>Takes nothing and returns nothing.</summary>
    public static QmpSignature Empty { get; } = new(QmpObjectType.Empty, QmpObjectType.Empty);

    /// <summary>
    /// The command takes members besides the declared ones and checks all of them itself: those of device_add depend on
    /// the driver.
    /// </summary>
    public bool ChecksItself { get; init; }

    /// <summary>Marks by which clients find out what a command can do.</summary>
    public ImmutableArray<string> Features { get; init; } = [];
}
