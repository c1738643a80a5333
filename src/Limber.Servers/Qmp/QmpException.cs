using System;

namespace Limber.Servers.Qmp;

/// <summary>A command's refusal, in the words that go to the client.</summary>
public sealed class QmpException : Exception
{
    public QmpException(QmpErrorClass errorClass, string description, Exception? inner = null)
        : base(description, inner) => ErrorClass = errorClass;

    public QmpException(string description)
        : this(QmpErrorClass.GenericError, description)
    {
    }

    public QmpErrorClass ErrorClass { get; }

    internal static QmpException WrongType(string parameter, string expected) =>
        new($"Invalid parameter type for '{parameter}', expected: {expected}");

    internal static QmpException Missing(string parameter) => new($"Parameter '{parameter}' is missing");
}
