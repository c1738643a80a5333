using System.IO;
using System.Linq;
using System.Reflection;
using Limber.TestKit.Sessions;

namespace Limber.LabTests;

/// <summary>
/// The sessions that the public documents print, replayed: every file of <c>Sessions</c> is one scenario. They lie inside the
/// executable, so that it can be copied into the lab alone.
/// </summary>
internal static class SessionScenarios
{
    private const string Ending = ".session";

    private static readonly Assembly Files = typeof(SessionScenarios).Assembly;

    public static Scenario[] All =>
    [
        .. Files.GetManifestResourceNames().Where(n => n.EndsWith(Ending)).Order().Select(name =>
            new Scenario($"session-{name[..^Ending.Length]}", context => new SessionPlayer(context, name).Play(SessionParser.Parse(name, Read(name))))),
    ];

    private static string Read(string name)
    {
        using var reader = new StreamReader(Files.GetManifestResourceStream(name)!);
        return reader.ReadToEnd();
    }
}
