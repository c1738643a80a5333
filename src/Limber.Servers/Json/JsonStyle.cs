namespace Limber.Servers.Json;

/// <summary>Blanks between the parts of written JSON.</summary>
public enum JsonStyle
{
    /// <summary><c>{"a":1,"b":2}</c></summary>
    Compact,

    /// <summary><c>{"a": 1, "b": 2}</c></summary>
    Spaced,

    /// <summary>One member a line, indented by four blanks; line ends are CR LF.</summary>
    Pretty,
}
