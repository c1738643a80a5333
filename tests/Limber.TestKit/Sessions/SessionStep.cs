using System.Collections.Generic;

namespace Limber.TestKit.Sessions;

/// <summary>One thing that is done in a session, and what must come of it.</summary>
/// <param name="Line">Number of its line in the file, from 1.</param>
/// <param name="Verb">What is done; see <see cref="SessionVerbs"/>.</param>
/// <param name="Text">What follows the verb, continuation lines joined.</param>
/// <param name="Expected">The lines of output that must come, in order; null where nothing was said about them.</param>
public sealed record SessionStep(int Line, string Verb, string Text, IReadOnlyList<SessionExpectation>? Expected);

/// <summary>One line, or one JSON value, that must come.</summary>
/// <param name="Line">Number of its line in the file, from 1.</param>
/// <param name="Text">The pattern.</param>
public sealed record SessionExpectation(int Line, string Text);
