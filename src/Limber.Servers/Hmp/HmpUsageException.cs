using System;

namespace Limber.Servers.Hmp;

/// <summary>A line that does not fit a command's parameters.</summary>
/// <param name="problem">What is wrong, or empty when only the pointer to help is to be shown.</param>
internal sealed class HmpUsageException(string problem) : Exception(problem);
