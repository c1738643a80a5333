using System;
using Limber.Servers.Json;

namespace Limber.Servers.Qom;

/// <summary>A property of an object.</summary>
/// <param name="Name">Name on the wire.</param>
/// <param name="TypeName">C-like name of its type.</param>
/// <param name="Read">Its value now.</param>
internal sealed record QomProperty(string Name, string TypeName, Func<JsonValue> Read);
