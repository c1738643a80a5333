namespace Limber.Servers.Qmp.Schema;

/// <summary>An event that a client can get.</summary>
/// <param name="Name">Such as <c>STOP</c>.</param>
/// <param name="Data">Its data; <see cref="QmpObjectType.Empty"/> for none.</param>
public sealed record QmpEventShape(string Name, QmpObjectType Data);
