using System;

namespace Limber.LabTests;

/// <summary>A scenario can't be played here; the message says why.</summary>
internal sealed class SkipException(string message) : Exception(message);
