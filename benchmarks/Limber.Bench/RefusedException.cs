using System;

namespace Limber.Bench;

/// <summary>The monitor would not start such a machine; the message is its own.</summary>
internal sealed class RefusedException(string message) : Exception(message);
