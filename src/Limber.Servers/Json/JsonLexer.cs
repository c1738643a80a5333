using System;
using System.Buffers;

namespace Limber.Servers.Json;

/// <summary>
/// Splits a byte stream, in any portions, into JSON tokens. Bytes 0x80..0xFD are taken as they come inside strings;
/// what they mean is decided when the string is decoded.
/// <code>
/// Start -- quote --> String &lt;--> Escape          Start -- letter --> Keyword
/// Start -- '-' --> Minus --> Zero | Digits --> Point --> Fraction --> ExponentMark --> ExponentSign --> Exponent
/// any -- a byte that does not fit --> Recovery (one Stray token) -- structural or control byte, FE, FF --> Start
/// </code>
/// In Recovery bytes are skipped up to a structural character, a control character other than TAB, or FE/FF, which
/// never occur in UTF-8: clients send those to bring the parser to a known state.
/// </summary>
internal sealed class JsonLexer(IJsonTokenSink sink, int maxTokenBytes)
{
    private enum State : byte
    {
        Start,
        DoubleQuoted,
        DoubleQuotedEscape,
        SingleQuoted,
        SingleQuotedEscape,
        Minus,
        Zero,
        Digits,
        Point,
        Fraction,
        ExponentMark,
        ExponentSign,
        Exponent,
        Keyword,
        Recovery,
    }

    private static readonly SearchValues<byte> DoubleQuotedStop = StringStop((byte)'"');
    private static readonly SearchValues<byte> SingleQuotedStop = StringStop((byte)'\'');

    private readonly ByteBuffer token = new();
    private State state;

    /// <summary>True between messages and inside a message between tokens.</summary>
    public bool IsIdle => state == State.Start;

    public void Feed(ReadOnlySpan<byte> input)
    {
        int i = 0;
        while (i < input.Length)
        {
            if (state is State.DoubleQuoted or State.SingleQuoted)
            {
                i += CopyPlain(input[i..]);
                if (i == input.Length)
                {
                    return;
                }
            }

            // A byte that ends a number or keyword is looked at again from Start.
            if (Step(input[i]))
            {
                i++;
            }
        }
    }

    /// <summary>Takes the run of ordinary string bytes at once: megabyte strings are legal.</summary>
    private int CopyPlain(ReadOnlySpan<byte> input)
    {
        int run = input.IndexOfAny(state == State.DoubleQuoted ? DoubleQuotedStop : SingleQuotedStop);
        run = run < 0 ? input.Length : run;
        run = Math.Min(run, maxTokenBytes - token.Length + 1);
        token.Append(input[..run]);
        CutOversized();
        return run;
    }

    /// <summary>Advances by one byte; false when the byte was only the end of what came before it.</summary>
    private bool Step(byte b)
    {
        switch (state)
        {
            case State.Start:
                StepStart(b);
                return true;
            case State.Recovery:
                return StepRecovery(b);
            case State.DoubleQuoted:
                StepString(b, (byte)'"', State.DoubleQuotedEscape);
                return true;
            case State.SingleQuoted:
                StepString(b, (byte)'\'', State.SingleQuotedEscape);
                return true;
            case State.DoubleQuotedEscape:
                StepEscape(b, State.DoubleQuoted);
                return true;
            case State.SingleQuotedEscape:
                StepEscape(b, State.SingleQuoted);
                return true;
            case State.Keyword:
                return b is >= (byte)'a' and <= (byte)'z' ? Continue(b, State.Keyword) : End(b, JsonTokenKind.Keyword);
            default:
                return StepNumber(b);
        }
    }

    private void StepStart(byte b)
    {
        switch (b)
        {
            case (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n':
                break;
            case (byte)'{':
                Punctuation(b, JsonTokenKind.ObjectStart);
                break;
            case (byte)'}':
                Punctuation(b, JsonTokenKind.ObjectEnd);
                break;
            case (byte)'[':
                Punctuation(b, JsonTokenKind.ArrayStart);
                break;
            case (byte)']':
                Punctuation(b, JsonTokenKind.ArrayEnd);
                break;
            case (byte)':':
                Punctuation(b, JsonTokenKind.Colon);
                break;
            case (byte)',':
                Punctuation(b, JsonTokenKind.Comma);
                break;
            case (byte)'"':
                Continue(b, State.DoubleQuoted);
                break;
            case (byte)'\'':
                Continue(b, State.SingleQuoted);
                break;
            case (byte)'-':
                Continue(b, State.Minus);
                break;
            case (byte)'0':
                Continue(b, State.Zero);
                break;
            case >= (byte)'1' and <= (byte)'9':
                Continue(b, State.Digits);
                break;
            case >= (byte)'a' and <= (byte)'z':
                Continue(b, State.Keyword);
                break;
            default:
                Stray(b);
                break;
        }
    }

    private bool StepRecovery(byte b)
    {
        bool resume = b is < 0x20 and not (byte)'\t' or >= 0xFE
            or (byte)'{' or (byte)'}' or (byte)'[' or (byte)']' or (byte)':' or (byte)',';
        if (resume)
        {
            state = State.Start;
        }

        return !resume;
    }

    private void StepString(byte b, byte quote, State escape)
    {
        if (b == quote)
        {
            token.Append(b);
            Emit(JsonTokenKind.String);
        }
        else if (b == (byte)'\\')
        {
            Continue(b, escape);
        }
        else if (b is < 0x20 or >= 0xFE)
        {
            Stray(b);
        }
        else
        {
            Continue(b, state);
        }
    }

    private void StepEscape(byte b, State inside)
    {
        if (b is < 0x20 or >= 0xFE)
        {
            Stray(b);
        }
        else
        {
            Continue(b, inside);
        }
    }

    private bool StepNumber(byte b)
    {
        bool digit = b is >= (byte)'0' and <= (byte)'9';
        switch (state)
        {
            case State.Minus when digit:
                return Continue(b, b == (byte)'0' ? State.Zero : State.Digits);
            case State.Digits or State.Fraction or State.Exponent when digit:
                return Continue(b, state);
            case State.Point when digit:
                return Continue(b, State.Fraction);
            case State.ExponentMark or State.ExponentSign when digit:
                return Continue(b, State.Exponent);
            case State.ExponentMark when b is (byte)'+' or (byte)'-':
                return Continue(b, State.ExponentSign);
            case State.Zero or State.Digits when b == (byte)'.':
                return Continue(b, State.Point);
            case State.Zero or State.Digits or State.Fraction when b is (byte)'e' or (byte)'E':
                return Continue(b, State.ExponentMark);
            case State.Digits:
            case State.Zero when !digit:
                return End(b, JsonTokenKind.Integer);
            case State.Fraction or State.Exponent:
                return End(b, JsonTokenKind.Float);
            default:
                Stray(b);
                return true;
        }
    }

    /// <summary>The token is complete before <paramref name="b"/>; only an ASCII byte may follow it directly.</summary>
    private bool End(byte b, JsonTokenKind kind)
    {
        if (b >= 0x80)
        {
            Stray(b);
            return true;
        }

        Emit(kind);
        return false;
    }

    private void Punctuation(byte b, JsonTokenKind kind)
    {
        token.Append(b);
        Emit(kind);
    }

    private void Stray(byte b)
    {
        token.Append(b);
        Emit(JsonTokenKind.Stray);
        state = State.Recovery;
    }

    private bool Continue(byte b, State next)
    {
        token.Append(b);
        state = next;
        CutOversized();
        return true;
    }

    private void Emit(JsonTokenKind kind)
    {
        state = State.Start;
        sink.OnToken(kind, token.Span);
        token.Clear();
    }

    private void CutOversized()
    {
        if (token.Length > maxTokenBytes)
        {
            Emit(JsonTokenKind.Oversized);
        }
    }

    private static SearchValues<byte> StringStop(byte quote)
    {
        byte[] stop = new byte[0x20 + 4];
        for (byte b = 0; b < 0x20; b++)
        {
            stop[b] = b;
        }

        stop[0x20] = quote;
        stop[0x21] = (byte)'\\';
        stop[0x22] = 0xFE;
        stop[0x23] = 0xFF;
        return SearchValues.Create(stop);
    }
}
