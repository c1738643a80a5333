using System;

namespace Limber.TestKit;

/// <summary>Something did not happen as it must.</summary>
public sealed class ScenarioException(string message) : Exception(message);
