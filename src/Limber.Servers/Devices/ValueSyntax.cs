namespace Limber.Servers.Devices;

/// <summary>Where the properties of a device come from, which decides what a number may look like.</summary>
internal enum ValueSyntax
{
    /// <summary>A QMP message: JSON numbers, and for clients of older releases strings that hold a number.</summary>
    Message,

    /// <summary>The JSON form of <c>-device</c>: JSON numbers only.</summary>
    StrictJson,

    /// <summary>A line of text: all values are strings, and errors are worded so.</summary>
    Text,
}
