using System;
using System.Collections.Generic;

namespace Limber.Rest;

/// <summary>An error reply: a status and its causes, outermost first.</summary>
internal sealed class RestException : Exception
{
    private RestException(int status, bool isRefusal, IReadOnlyList<string> causes)
        : base(string.Join(": ", causes))
    {
        Status = status;
        IsRefusal = isRefusal;
        Causes = causes;
    }

    public int Status { get; }

    /// <summary>The request was understood, so what could not be done (the route's sentence) belongs before the causes.</summary>
    public bool IsRefusal { get; }

    public IReadOnlyList<string> Causes { get; }

    /// <summary>A request that was understood and is not carried out.</summary>
    public static RestException Refused(int status, params IReadOnlyList<string> causes) => new(status, true, causes);

    /// <summary>A request that is wrong in itself.</summary>
    public static RestException Malformed(params IReadOnlyList<string> causes) => new(400, false, causes);
}
