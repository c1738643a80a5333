using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text.RegularExpressions;

namespace Limber.GuestAgent.Tests;

/// <summary>A guest with processors and an agent, for <see cref="FakeAgent"/>.</summary>
internal sealed class FakeGuest
{
    private readonly SortedDictionary<int, bool> vcpus = new() { [0] = true, [1] = true, [2] = false };

    public FakeGuest()
    {
        var channel = new GuestAgentChannel();
        Agent = new FakeAgent(channel, Answer);
        channel.Start(Agent);
        channel.SetListening(true);
        Channel = channel;
        Client = new GuestAgentClient(channel, TimeProvider.System);
    }

    public FakeAgent Agent { get; }

    public GuestAgentChannel Channel { get; }

    public GuestAgentClient Client { get; }

    /// <summary>Called at each question for processors, with its number.</summary>
    public Action<int>? OnGet { get; set; }

    /// <summary>The agent answers nothing.</summary>
    public bool IsSilent { get; set; }

    /// <summary>Command that the agent refuses.</summary>
    public string? Refuses { get; set; }

    /// <summary>Processor that can't be set online.</summary>
    public int? Stuck { get; set; }

    public int Gets { get; private set; }

    public IEnumerable<string> Sets => Agent.Requests.Where(r => r.Contains("guest-set-vcpus", StringComparison.Ordinal));

    public void Plug(int id, bool online = false) => vcpus[id] = online;

    public bool IsOnline(int id) => vcpus[id];

    private string? Answer(string request)
    {
        if (request.Contains("guest-get-vcpus", StringComparison.Ordinal))
        {
            OnGet?.Invoke(Gets++);
        }

        if (IsSilent)
        {
            return null;
        }

        if (request.Contains("guest-sync", StringComparison.Ordinal))
        {
            return "\xFF{\"return\": " + Regex.Match(request, "\"id\":([0-9]+)").Groups[1].Value + "}\n";
        }

        if (Refuses is not null && request.Contains(Refuses, StringComparison.Ordinal))
        {
            return Error($"Command {Refuses} has been disabled");
        }

        return request.Contains("guest-set-vcpus", StringComparison.Ordinal) ? Set(request) : List();
    }

    private string List() => "{\"return\": [" + string.Join(",", vcpus.Select(v =>
        $"{{\"logical-id\": {v.Key}, \"online\": {(v.Value ? "true" : "false")}, \"can-offline\": true}}")) + "]}\n";

    private string Set(string request)
    {
        int done = 0;
        foreach (Match match in Regex.Matches(request, "\"logical-id\":([0-9]+),\"online\":true"))
        {
            int id = int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture);
            if (id == Stuck)
            {
                return done == 0 ? Error($"cpu {id} is dead") : $"{{\"return\": {done}}}\n";
            }

            vcpus[id] = true;
            done++;
        }

        return $"{{\"return\": {done}}}\n";
    }

    private static string Error(string text) => $"{{\"error\": {{\"class\": \"GenericError\", \"desc\": \"{text}\"}}}}\n";
}
