using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Threading;
using System.Threading.Tasks;

namespace Limber.GuestAgent;

/// <summary>The commands of QEMU's guest agent that a resize needs.</summary>
/// <remarks>Thread: any; one command at a time, the others wait their turn.</remarks>
public sealed class GuestAgentClient : IDisposable
{
    /// <summary>Characters of a reason in the guest's words that are passed on.</summary>
    private const int LongestReason = 200;

    private readonly GuestAgentChannel channel;
    private readonly TimeProvider time;
    private readonly SemaphoreSlim turn = new(1, 1);
    private long lastSync;

    /// <param name="channel">The agent's port.</param>
    /// <param name="time">Measures the limits of waiting.</param>
    public GuestAgentClient(GuestAgentChannel channel, TimeProvider time)
    {
        this.channel = channel;
        this.time = time;
    }

    /// <summary>Somebody in the guest has the agent's port open.</summary>
    public bool IsListening => channel.IsListening;

    /// <summary>The guest's processors, present ones only.</summary>
    /// <param name="limit">How long to wait for the agent.</param>
    /// <exception cref="GuestAgentException">No answer in time, or a refusal.</exception>
    public async Task<IReadOnlyList<GuestVcpu>> GetVcpusAsync(TimeSpan limit)
    {
        using JsonDocument answer = await CallAsync("guest-get-vcpus", null, limit).ConfigureAwait(false);
        return Read(answer, ReadVcpus);
    }

    private static List<GuestVcpu> ReadVcpus(JsonDocument answer)
    {
        if (Result(answer) is not { ValueKind: JsonValueKind.Array } list)
        {
            throw new GuestAgentException("the guest agent's answer to guest-get-vcpus is no list");
        }

        List<GuestVcpu> vcpus = [];
        foreach (JsonElement item in list.EnumerateArray())
        {
            if (item.ValueKind == JsonValueKind.Object
                && item.TryGetProperty("logical-id", out JsonElement id) && id.ValueKind == JsonValueKind.Number && id.TryGetInt64(out long logicalId)
                && item.TryGetProperty("online", out JsonElement online))
            {
                bool canOffline = item.TryGetProperty("can-offline", out JsonElement can) && can.ValueKind == JsonValueKind.True;
                vcpus.Add(new GuestVcpu(logicalId, online.ValueKind == JsonValueKind.True, canOffline));
            }
        }

        return vcpus;
    }

    /// <summary>Asks the guest to use, or not to use, processors; in order, until one fails.</summary>
    /// <returns>How many were set.</returns>
    /// <inheritdoc cref="GetVcpusAsync"/>
    public async Task<int> SetVcpusAsync(IReadOnlyList<GuestVcpu> vcpus, TimeSpan limit)
    {
        ArgumentNullException.ThrowIfNull(vcpus);
        var arguments = new StringBuilder("{\"vcpus\":[");
        for (int i = 0; i < vcpus.Count; i++)
        {
            arguments.Append(
                CultureInfo.InvariantCulture,
                $"{(i == 0 ? "" : ",")}{{\"logical-id\":{vcpus[i].LogicalId},\"online\":{(vcpus[i].Online ? "true" : "false")}}}");
        }

        using JsonDocument answer = await CallAsync("guest-set-vcpus", arguments.Append("]}").ToString(), limit).ConfigureAwait(false);
        return Read(answer, ReadCount);
    }

    /// <inheritdoc/>
    public void Dispose() => turn.Dispose();

    // An agent may have been cut off in the middle of an answer, so every command first agrees on where the stream is.
    private async Task<JsonDocument> CallAsync(string command, string? arguments, TimeSpan limit)
    {
        using var cancel = new CancellationTokenSource(limit, time);
        try
        {
            await turn.WaitAsync(cancel.Token).ConfigureAwait(false);
            try
            {
                await SynchronizeAsync(cancel.Token).ConfigureAwait(false);
                return Parse(await channel.ExchangeAsync(Request(command, arguments, ""), cancel.Token).ConfigureAwait(false));
            }
            finally
            {
                turn.Release();
            }
        }
        catch (OperationCanceledException e)
        {
            throw new GuestAgentException(
                string.Create(CultureInfo.InvariantCulture, $"no answer of the guest agent to {command} within {limit.TotalSeconds:0.#} s"), e);
        }
    }

    private async Task SynchronizeAsync(CancellationToken cancel)
    {
        long id = ++lastSync;
        string arguments = string.Create(CultureInfo.InvariantCulture, $"{{\"id\":{id}}}");
        ReadOnlyMemory<byte> request = Request("guest-sync-delimited", arguments, "\xFF");
        while (true)
        {
            byte[] answer = await channel.ExchangeAsync(request, cancel).ConfigureAwait(false);
            request = default;

            // Guest-controlled: lines that are there already are had without waiting, however many come.
            cancel.ThrowIfCancellationRequested();
            if (IsReturn(answer, id))
            {
                return;
            }
        }
    }

    private static bool IsReturn(byte[] answer, long id)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(answer);
            return document.RootElement.ValueKind == JsonValueKind.Object
                && document.RootElement.TryGetProperty("return", out JsonElement value)
                && value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out long returned) && returned == id;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // An answer to somebody else's request, or what was left of one.
            return false;
        }
    }

    private static ReadOnlyMemory<byte> Request(string command, string? arguments, string prefix) => Encoding.Latin1.GetBytes(
        $"{prefix}{{\"execute\":\"{command}\"{(arguments is null ? "" : ",\"arguments\":" + arguments)}}}\n");

    private static JsonDocument Parse(byte[] answer)
    {
        try
        {
            return JsonDocument.Parse(answer);
        }
        catch (JsonException e)
        {
            throw new GuestAgentException("the guest agent's answer is no JSON", e);
        }
    }

    private static int ReadCount(JsonDocument answer) =>
        Result(answer) is { ValueKind: JsonValueKind.Number } count && count.TryGetInt32(out int set)
            ? set
            : throw new GuestAgentException("the guest agent's answer to guest-set-vcpus is no number");

    // Guest-controlled: text is found to be no Unicode only when it is read.
    private static T Read<T>(JsonDocument answer, Func<JsonDocument, T> read)
    {
        try
        {
            return read(answer);
        }
        catch (InvalidOperationException e)
        {
            throw new GuestAgentException("the guest agent's answer has text that is no Unicode", e);
        }
    }

    // Guest-controlled: it goes to logs and terminals.
    private static string Shorten(string reason)
    {
        var text = new StringBuilder(reason, 0, Math.Min(reason.Length, LongestReason), LongestReason);
        for (int i = 0; i < text.Length; i++)
        {
            if (char.IsControl(text[i]) || char.IsSurrogate(text[i]))
            {
                text[i] = '?';
            }
        }

        return text.ToString();
    }

    private static JsonElement Result(JsonDocument answer)
    {
        JsonElement root = answer.RootElement;
        if (root.ValueKind == JsonValueKind.Object && root.TryGetProperty("return", out JsonElement value))
        {
            return value;
        }

        string reason = root.ValueKind == JsonValueKind.Object && root.TryGetProperty("error", out JsonElement error)
            && error.ValueKind == JsonValueKind.Object && error.TryGetProperty("desc", out JsonElement text) && text.ValueKind == JsonValueKind.String
                ? Shorten(text.GetString()!)
                : "no reason given";
        throw new GuestAgentException("the guest agent refused: " + reason) { IsRefusal = true };
    }
}
