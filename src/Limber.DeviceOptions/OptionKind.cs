namespace Limber.DeviceOptions;

/// <summary>What form a value was given in.</summary>
public enum OptionKind
{
    /// <summary>Something that no property takes: null, a fraction, an empty list or object.</summary>
    Other,

    /// <summary>Untyped text of a command line: the property decides what it is.</summary>
    Text,

    /// <summary>A string of a message.</summary>
    String,

    /// <summary>An integer of a message.</summary>
    Number,

    /// <summary>A boolean of a message.</summary>
    Boolean,
}
