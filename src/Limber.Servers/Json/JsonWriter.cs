using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;

namespace Limber.Servers.Json;

/// <summary>
/// Writes values as ASCII: all else is escaped as <c>\uXXXX</c> in upper case. Containers are walked on an explicit
/// stack, so that echoing a deeply nested id needs no call stack.
/// </summary>
internal sealed class JsonWriter(ByteBuffer output, JsonStyle style)
{
    private readonly Stack<Level> levels = new();

    public static string ToText(JsonValue value, JsonStyle style)
    {
        ByteBuffer buffer = new();
        new JsonWriter(buffer, style).Write(value);
        return Encoding.ASCII.GetString(buffer.Span);
    }

    public void Write(JsonValue value)
    {
        Open(value);
        while (levels.TryPeek(out Level? level))
        {
            if (level.Position == level.Count)
            {
                levels.Pop();
                NewLine();
                output.Append(level.Object is null ? (byte)']' : (byte)'}');
                continue;
            }

            Separate(level.Position > 0);
            int position = level.Position++;
            if (level.Object is null)
            {
                Open(level.Array![position]);
            }
            else
            {
                (string name, JsonValue member) = level.Object[position];
                WriteString(name);
                output.Append(style == JsonStyle.Compact ? ":"u8 : ": "u8);
                Open(member);
            }
        }
    }

    private void Open(JsonValue value)
    {
        switch (value.Kind)
        {
            case JsonKind.Array:
                output.Append((byte)'[');
                levels.Push(new Level(null, value.AsArray()));
                break;
            case JsonKind.Object:
                output.Append((byte)'{');
                levels.Push(new Level(value.AsObject(), null));
                break;
            case JsonKind.String:
                WriteString(value.AsString());
                break;
            default:
                WriteAscii(value.Kind switch
                {
                    JsonKind.Null => "null",
                    JsonKind.Boolean => value.AsBoolean() ? "true" : "false",
                    JsonKind.Integer => value.AsInteger().ToString(CultureInfo.InvariantCulture),
                    JsonKind.Unsigned => value.AsUnsigned().ToString(CultureInfo.InvariantCulture),
                    _ => JsonNumber.Format(value.AsDouble()),
                });
                break;
        }
    }

    private void Separate(bool comma)
    {
        if (comma)
        {
            output.Append(style == JsonStyle.Spaced ? ", "u8 : ","u8);
        }

        NewLine();
    }

    private void NewLine()
    {
        if (style == JsonStyle.Pretty)
        {
            output.Append("\r\n"u8);
            for (int i = 0; i < levels.Count; i++)
            {
                output.Append("    "u8);
            }
        }
    }

    private void WriteAscii(string text)
    {
        foreach (char c in text)
        {
            output.Append((byte)c);
        }
    }

    private void WriteString(string text)
    {
        output.Append((byte)'"');
        for (int i = 0; i < text.Length; i++)
        {
            char c = text[i];
            switch (c)
            {
                case '"':
                    output.Append("\\\""u8);
                    break;
                case '\\':
                    output.Append("\\\\"u8);
                    break;
                case '\b':
                    output.Append("\\b"u8);
                    break;
                case '\f':
                    output.Append("\\f"u8);
                    break;
                case '\n':
                    output.Append("\\n"u8);
                    break;
                case '\r':
                    output.Append("\\r"u8);
                    break;
                case '\t':
                    output.Append("\\t"u8);
                    break;
                case >= ' ' and < '\x7F':
                    output.Append((byte)c);
                    break;
                default:
                    i += WriteEscaped(text.AsSpan(i)) - 1;
                    break;
            }
        }

        output.Append((byte)'"');
    }

    /// <summary>Writes one code point and returns how many UTF-16 units it had; a lone surrogate is replaced.</summary>
    private int WriteEscaped(ReadOnlySpan<char> text)
    {
        if (text.Length > 1 && char.IsSurrogatePair(text[0], text[1]))
        {
            WriteUnit(text[0]);
            WriteUnit(text[1]);
            return 2;
        }

        WriteUnit(ModifiedUtf8.IsCharacter(text[0]) ? text[0] : ModifiedUtf8.Replacement);
        return 1;
    }

    private void WriteUnit(char unit)
    {
        output.Append("\\u"u8);
        for (int shift = 12; shift >= 0; shift -= 4)
        {
            output.Append("0123456789ABCDEF"u8[(unit >> shift) & 0xF]);
        }
    }

    private sealed class Level(JsonObject? @object, List<JsonValue>? array)
    {
        public JsonObject? Object => @object;

        public List<JsonValue>? Array => array;

        public int Count { get; } = @object?.Count ?? array!.Count;

        public int Position { get; set; }
    }
}
