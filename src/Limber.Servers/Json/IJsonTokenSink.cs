using System;

namespace Limber.Servers.Json;

/// <summary>Receives tokens in order from <see cref="JsonLexer"/>.</summary>
internal interface IJsonTokenSink
{
    /// <param name="kind">What it is.</param>
    /// <param name="text">Its bytes, quotes included; valid during the call.</param>
    void OnToken(JsonTokenKind kind, ReadOnlySpan<byte> text);
}
