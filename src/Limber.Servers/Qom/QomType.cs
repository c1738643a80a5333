namespace Limber.Servers.Qom;

/// <summary>A type of objects.</summary>
/// <param name="Name">Unique.</param>
/// <param name="Parent">Name of the type it is a kind of; null for the root.</param>
/// <param name="IsAbstract">There are no objects of exactly this type.</param>
internal sealed record QomType(string Name, string? Parent, bool IsAbstract = false);
