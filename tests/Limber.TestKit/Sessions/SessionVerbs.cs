using System;
using System.Collections.Frozen;
using System.Collections.Generic;

namespace Limber.TestKit.Sessions;

/// <summary>
/// The words that lines of a session file begin with. A line that begins with a blank continues the one before it; empty
/// lines and lines that begin with <c>#</c> are for the reader.
/// </summary>
/// <remarks>
/// <code>
/// $        the command line, as a document prints it
/// +        arguments that are added to it, such as the guest's files
/// qmp@     connect to a QMP socket and negotiate;  "qmp@ PATH raw" does not negotiate
/// qmp>     send a request                          qmp&lt;   its reply (before any request: the greeting)
/// qmp!     wait for an event
/// hmp>     type a line at the monitor on standard input    hmp&lt;   a line it prints
/// hmp!     type a line that ends the monitor
/// guest@   where the guest's console is: stdio, or a socket's path; waits for its prompt
/// guest$   run a command in the guest              guest&lt; a line it prints
/// guest?   as guest$, again and again until it prints that
/// guest!   type a command that does not come back; after it, or after an http> that boots, "guest@ again" waits for a prompt
/// http>    METHOD PATH [BODY]                      http&lt;  STATUS [BODY]
/// curl>    run curl with the words of the line     curl&lt;  a line it prints
/// threads  NAME COUNT: so many host threads whose name begins so
/// exit     CODE: the process ends with it
/// </code>
/// In expected text <c>*</c> stands for anything; in expected JSON the string <c>"*"</c> stands for any value, and objects
/// must have the members given and no others. An event's timestamp is checked for its form and need not be given.
/// <c>{dir}</c>, <c>{vmlinux}</c>, <c>{bzimage}</c>, <c>{initramfs}</c> and <c>{initramfs-full}</c> stand for paths.
/// </remarks>
public static class SessionVerbs
{
    /// <summary>Verbs of steps, and those of lines that say what a step must bring.</summary>
    private static readonly FrozenDictionary<string, string?> Expectations = new Dictionary<string, string?>
    {
        ["$"] = null,
        ["qmp@"] = "qmp<",
        ["qmp>"] = "qmp<",
        ["qmp!"] = null,
        ["hmp>"] = "hmp<",
        ["hmp!"] = null,
        ["guest@"] = null,
        ["guest$"] = "guest<",
        ["guest?"] = "guest<",
        ["guest!"] = null,
        ["http>"] = "http<",
        ["curl>"] = "curl<",
        ["threads"] = null,
        ["exit"] = null,
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>Adds to a <c>$</c> line.</summary>
    public const string Addition = "+";

    public static bool IsStep(string verb) => Expectations.ContainsKey(verb);

    /// <summary>Whether a line of this verb says what a step of the other must bring.</summary>
    public static bool IsExpectationOf(string verb, string step) => Expectations.GetValueOrDefault(step) == verb;
}
