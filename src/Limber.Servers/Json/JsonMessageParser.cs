using System;
using System.Collections.Generic;

namespace Limber.Servers.Json;

/// <summary>
/// Builds one value after the other from a byte stream and hands each out as soon as its last byte has arrived, or
/// the words of what is wrong with it.
/// </summary>
/// <remarks>
/// <para>A message ends when its brackets and braces balance, whether or not they are the right ones; only then is
/// a grammatical error reported, once. A lexical error or an exceeded limit ends the message at once, and what is left
/// of it is read as the start of the next.</para>
/// <para>Values are built as tokens arrive, on an explicit stack: neither nesting nor a message's token count costs
/// call stack or token storage. Invariant: after the first grammatical error no value is built any more.</para>
/// <para>Thread: one at a time. <see cref="Feed"/> never throws for any input.</para>
/// </remarks>
public sealed class JsonMessageParser : IJsonTokenSink
{
    private enum Expect : byte
    {
        Value,

        /// <summary>A value, or the end of the array just opened.</summary>
        ValueOrEnd,
        Key,

        /// <summary>A key, or the end of the object just opened.</summary>
        KeyOrEnd,
        Colon,
        SeparatorOrEnd,
    }

    private readonly JsonLexer lexer;
    private readonly JsonLimits limits;
    private readonly Action<JsonValue> onValue;
    private readonly Action<string> onError;
    private readonly List<Frame> stack = [];

    private Expect expect;
    private JsonValue root;
    private string? error;
    private int braces;
    private int brackets;
    private int tokens;
    private long bytes;

    /// <param name="onValue">Receives a complete value.</param>
    /// <param name="onError">Receives the text for the client, <c>JSON parse error, ...</c> or a limit's.</param>
    /// <param name="limits">Null for <see cref="JsonLimits.Default"/>.</param>
    public JsonMessageParser(Action<JsonValue> onValue, Action<string> onError, JsonLimits? limits = null)
    {
        this.onValue = onValue;
        this.onError = onError;
        this.limits = limits ?? JsonLimits.Default;
        lexer = new(this, this.limits.Bytes);
    }

    /// <summary>Takes the next bytes, split anywhere; calls back for every message that is complete.</summary>
    public void Feed(ReadOnlySpan<byte> input) => lexer.Feed(input);

    void IJsonTokenSink.OnToken(JsonTokenKind kind, ReadOnlySpan<byte> text)
    {
        switch (kind)
        {
            case JsonTokenKind.Stray:
                Fail($"JSON parse error, stray '{ModifiedUtf8.DecodeLossy(text)}'");
                return;
            case JsonTokenKind.ObjectStart:
                braces++;
                break;
            case JsonTokenKind.ObjectEnd:
                braces--;
                break;
            case JsonTokenKind.ArrayStart:
                brackets++;
                break;
            case JsonTokenKind.ArrayEnd:
                brackets--;
                break;
        }

        if (LimitExceeded(kind, text.Length) is { } limit)
        {
            Fail(limit);
            return;
        }

        bytes += text.Length;
        tokens++;
        if (error is null)
        {
            Accept(kind, text);
        }

        bool open = braces > 0 || brackets > 0;
        if (!open || braces < 0 || brackets < 0)
        {
            Finish();
        }
    }

    private string? LimitExceeded(JsonTokenKind kind, int length)
    {
        if (kind == JsonTokenKind.Oversized || bytes + length + 1 > limits.Bytes)
        {
            return "JSON token size limit exceeded";
        }

        if (tokens + 1 > limits.Tokens)
        {
            return "JSON token count limit exceeded";
        }

        return braces + brackets > limits.Depth ? "JSON nesting depth limit exceeded" : null;
    }

    private void Accept(JsonTokenKind kind, ReadOnlySpan<byte> text)
    {
        switch (expect)
        {
            case Expect.ValueOrEnd when kind == JsonTokenKind.ArrayEnd:
            case Expect.KeyOrEnd when kind == JsonTokenKind.ObjectEnd:
                Close();
                break;
            case Expect.Value or Expect.ValueOrEnd:
                AcceptValue(kind, text);
                break;
            case Expect.Key or Expect.KeyOrEnd:
                AcceptKey(kind, text);
                break;
            case Expect.Colon:
                ExpectKind(kind, JsonTokenKind.Colon, "missing : in object pair", Expect.Value);
                break;
            default:
                AcceptSeparator(kind);
                break;
        }
    }

    private void AcceptValue(JsonTokenKind kind, ReadOnlySpan<byte> text)
    {
        switch (kind)
        {
            case JsonTokenKind.ObjectStart:
                stack.Add(new Frame(new JsonObject(), null));
                expect = Expect.KeyOrEnd;
                break;
            case JsonTokenKind.ArrayStart:
                stack.Add(new Frame(null, []));
                expect = Expect.ValueOrEnd;
                break;
            default:
                if (TryScalar(kind, text, out JsonValue value))
                {
                    Place(value);
                }

                break;
        }
    }

    private void AcceptKey(JsonTokenKind kind, ReadOnlySpan<byte> text)
    {
        if (kind is JsonTokenKind.ObjectStart or JsonTokenKind.ArrayStart)
        {
            error = "JSON parse error, key is not a string in object";
        }
        else if (TryScalar(kind, text, out JsonValue key))
        {
            if (key.Kind == JsonKind.String)
            {
                stack[^1].Key = key.AsString();
                expect = Expect.Colon;
            }
            else
            {
                error = "JSON parse error, key is not a string in object";
            }
        }
    }

    private void AcceptSeparator(JsonTokenKind kind)
    {
        bool inObject = stack[^1].Object is not null;
        if (kind == (inObject ? JsonTokenKind.ObjectEnd : JsonTokenKind.ArrayEnd))
        {
            Close();
            return;
        }

        string message = inObject ? "expected separator in dict" : "expected separator in list";
        ExpectKind(kind, JsonTokenKind.Comma, message, inObject ? Expect.Key : Expect.Value);
    }

    private void ExpectKind(JsonTokenKind kind, JsonTokenKind wanted, string message, Expect next)
    {
        if (kind == wanted)
        {
            expect = next;
        }
        else
        {
            error = $"JSON parse error, {message}";
        }
    }

    private bool TryScalar(JsonTokenKind kind, ReadOnlySpan<byte> text, out JsonValue value)
    {
        string? problem = JsonScalar.Read(kind, text, out value);
        if (problem is not null)
        {
            error = $"JSON parse error, {problem}";
        }

        return problem is null;
    }

    private void Close()
    {
        Frame frame = stack[^1];
        stack.RemoveAt(stack.Count - 1);
        Place(frame.Object is not null ? frame.Object : frame.Array!);
    }

    private void Place(JsonValue value)
    {
        expect = Expect.SeparatorOrEnd;
        if (stack.Count == 0)
        {
            root = value;
            return;
        }

        Frame frame = stack[^1];
        if (frame.Array is not null)
        {
            frame.Array.Add(value);
        }
        else if (!frame.Object!.TryAdd(frame.Key!, value))
        {
            error = "JSON parse error, duplicate key";
        }
    }

    private void Finish()
    {
        JsonValue value = root;
        string? problem = error;
        Restart();
        if (problem is null)
        {
            onValue(value);
        }
        else
        {
            onError(problem);
        }
    }

    private void Fail(string message)
    {
        Restart();
        onError(message);
    }

    private void Restart()
    {
        stack.Clear();
        expect = Expect.Value;
        root = default;
        error = null;
        braces = 0;
        brackets = 0;
        tokens = 0;
        bytes = 0;
    }

    /// <summary>An object or array that is still open.</summary>
    private sealed class Frame(JsonObject? @object, List<JsonValue>? array)
    {
        public JsonObject? Object => @object;

        public List<JsonValue>? Array => array;

        public string? Key { get; set; }
    }
}
