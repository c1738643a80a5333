using System;

namespace Limber.TestKit.Sessions;

/// <summary>A session file is wrong, or did not go as it says; the message begins with file and line.</summary>
public sealed class SessionException(string file, int line, string message, Exception? inner = null)
    : Exception($"{file}:{line}: {message}", inner);
