using System;

namespace Limber.Cpu;

/// <summary>A request for CPUs cannot be honoured. The message is what the user reads.</summary>
public sealed class SmpException(string message) : Exception(message);
