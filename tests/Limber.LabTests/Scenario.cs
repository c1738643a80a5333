using System;

namespace Limber.LabTests;

/// <summary>One story that a real guest and Limber play together; it throws when something is not as it must be.</summary>
/// <param name="Name">For the report and <c>--filter</c>.</param>
/// <param name="Play">The story.</param>
internal sealed record Scenario(string Name, Action<LabContext> Play);
