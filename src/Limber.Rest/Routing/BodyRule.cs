namespace Limber.Rest.Routing;

/// <summary>Whether a request must have a body.</summary>
internal enum BodyRule
{
    /// <summary>One is an error.</summary>
    None,

    /// <summary>None is an error.</summary>
    Required,
}
