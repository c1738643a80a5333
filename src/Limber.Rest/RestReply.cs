using System;
using System.Collections.Generic;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Limber.Rest.Json;

namespace Limber.Rest;

/// <summary>What a client gets.</summary>
/// <param name="Status">HTTP status.</param>
/// <param name="Body">JSON, or empty.</param>
internal sealed record RestReply(int Status, ReadOnlyMemory<byte> Body)
{
    /// <summary>Done, nothing to say.</summary>
    public static readonly RestReply NoContent = new(204, default);

    /// <summary>Called when the reply has been handed to the transport, or could not be.</summary>
    public Action? Sent { get; init; }

    public static RestReply Json<T>(T value, JsonTypeInfo<T> type) => new(200, JsonSerializer.SerializeToUtf8Bytes(value, type));

    public static RestReply Error(int status, params IReadOnlyList<string> causes) =>
        new(status, JsonSerializer.SerializeToUtf8Bytes(causes, RestJson.Context.IReadOnlyListString));
}
