namespace Limber.Servers.Hmp;

/// <summary>What follows a command's name.</summary>
internal enum HmpArgument
{
    None,

    /// <summary>One word, required; it may be quoted.</summary>
    Word,

    /// <summary>One word or nothing.</summary>
    OptionalWord,

    /// <summary>An integer, required.</summary>
    Integer,

    /// <summary>The rest of the line, which may be empty.</summary>
    Rest,
}
