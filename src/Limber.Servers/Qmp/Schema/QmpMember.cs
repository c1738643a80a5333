namespace Limber.Servers.Qmp.Schema;

/// <summary>A member of an object, or a parameter of a command.</summary>
/// <param name="Name">Name on the wire.</param>
/// <param name="Type">What it holds.</param>
/// <param name="IsOptional">It may be absent.</param>
public sealed record QmpMember(string Name, QmpType Type, bool IsOptional = false);
