using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;
using System.Text;

namespace Limber.Servers.Hmp;

/// <summary>
/// The line editor of the text monitor. It always edits, whether or not the other side is a terminal: existing scripts
/// expect its echo.
/// </summary>
/// <remarks>
/// After a change the line is redrawn: cursor left to its start, the whole line, erase to the right; a mere cursor
/// movement is sent as such. Bytes from 0x20 on are taken as they are. Thread: one at a time.
/// <code>
/// ^A ^E start, end | ^D, Del delete | ^H DEL delete to the left | ^W delete word | ^P ^N history | TAB complete | arrows, Home, End
/// </code>
/// </remarks>
internal sealed class LineEditor(
    ByteBuffer output,
    string prompt,
    Func<string, (IReadOnlyList<string> Candidates, int Typed)> complete)
{
    /// <summary>Longest line; more is not taken.</summary>
    public const int MaxLength = 4095;

    private const byte Escape = 0x1B;
    private const byte ControlSequence = 0x9B;

    private readonly List<byte> line = [];
    private readonly LineHistory history = new();
    private readonly CompletionList completions = new(output, prompt);

    private List<byte> shown = [];
    private int shownCursor;
    private int cursor;
    private EscapeState escape;
    private int parameter;

    private enum EscapeState : byte
    {
        None,
        Escape,
        ControlSequence,
        SingleShift,
    }

    /// <summary>Takes one byte; returns the line, without its end, when the byte completed one.</summary>
    public string? Feed(byte b)
    {
        if (escape != EscapeState.None)
        {
            FeedEscape(b);
        }
        else if (b is (byte)'\r' or (byte)'\n')
        {
            return Finish();
        }
        else
        {
            Edit(b);
        }

        Redraw();
        return null;
    }

    private string Finish()
    {
        string text = Encoding.UTF8.GetString([.. line]);
        history.Add(line);
        line.Clear();
        cursor = 0;
        ForgetShown();
        output.Append("\r\n"u8);
        return text;
    }

    private void Edit(byte b)
    {
        switch (b)
        {
            case 1:
                cursor = 0;
                break;
            case 4:
                DeleteRight();
                break;
            case 5:
                cursor = line.Count;
                break;
            case 8 or 127:
                DeleteLeft();
                break;
            case 9:
                CompleteWord();
                break;
            case 14:
                Replace(history.Newer());
                break;
            case 16:
                Replace(history.Older());
                break;
            case 23:
                DeleteWordLeft();
                break;
            case Escape:
                escape = EscapeState.Escape;
                break;
            case ControlSequence:
                EnterControlSequence();
                break;
            case >= 32:
                Insert(b);
                break;
        }
    }

    private void FeedEscape(byte b)
    {
        switch (escape)
        {
            case EscapeState.Escape when b == (byte)'[':
                EnterControlSequence();
                return;
            case EscapeState.Escape when b == (byte)'O':
                escape = EscapeState.SingleShift;
                return;
            case EscapeState.ControlSequence when b is >= (byte)'0' and <= (byte)'9':
                parameter = Math.Min((parameter * 10) + b - '0', 1000);
                return;
            case EscapeState.ControlSequence:
                RunControlSequence(b);
                break;
            case EscapeState.SingleShift:
                cursor = b switch { (byte)'F' => line.Count, (byte)'H' => 0, _ => cursor };
                break;
        }

        escape = EscapeState.None;
    }

    private void EnterControlSequence()
    {
        escape = EscapeState.ControlSequence;
        parameter = 0;
    }

    private void RunControlSequence(byte b)
    {
        switch (b)
        {
            case (byte)'A':
                Replace(history.Older());
                break;
            case (byte)'B':
                Replace(history.Newer());
                break;
            case (byte)'C':
                cursor = Math.Min(cursor + 1, line.Count);
                break;
            case (byte)'D':
                cursor = Math.Max(cursor - 1, 0);
                break;
            case (byte)'F':
            case (byte)'~' when parameter is 4 or 8:
                cursor = line.Count;
                break;
            case (byte)'H':
            case (byte)'~' when parameter is 1 or 7:
                cursor = 0;
                break;
            case (byte)'~' when parameter == 3:
                DeleteRight();
                break;
        }
    }

    private void Insert(byte b)
    {
        if (line.Count < MaxLength)
        {
            line.Insert(cursor++, b);
        }
    }

    private void DeleteRight()
    {
        if (cursor < line.Count)
        {
            line.RemoveAt(cursor);
        }
    }

    private void DeleteLeft()
    {
        if (cursor > 0)
        {
            line.RemoveAt(--cursor);
        }
    }

    private void DeleteWordLeft()
    {
        int start = cursor;
        while (start > 0 && line[start - 1] == (byte)' ')
        {
            start--;
        }

        while (start > 0 && line[start - 1] != (byte)' ')
        {
            start--;
        }

        line.RemoveRange(start, cursor - start);
        cursor = start;
    }

    private void Replace(IReadOnlyList<byte>? text)
    {
        if (text is not null)
        {
            line.Clear();
            line.AddRange(text);
            cursor = line.Count;
        }
    }

    private void CompleteWord()
    {
        string typed = Encoding.Latin1.GetString([.. line[..cursor]]);
        (IReadOnlyList<string> candidates, int length) = complete(typed);
        if (candidates.Count == 0)
        {
            return;
        }

        string common = CompletionList.CommonPrefix(candidates);
        if (candidates.Count > 1)
        {
            completions.Print(candidates);
            ForgetShown();
        }

        foreach (char c in common.AsSpan(length))
        {
            Insert((byte)c);
        }

        if (candidates.Count == 1)
        {
            Insert((byte)' ');
        }
    }

    private void ForgetShown()
    {
        shown = [];
        shownCursor = 0;
    }

    private void Redraw()
    {
        if (!CollectionsMarshal.AsSpan(line).SequenceEqual(CollectionsMarshal.AsSpan(shown)))
        {
            Repeat("\e[D"u8, shownCursor);
            output.Append(CollectionsMarshal.AsSpan(line));
            output.Append("\e[K"u8);
            shown = [.. line];
            shownCursor = line.Count;
        }

        Repeat("\e[C"u8, cursor - shownCursor);
        Repeat("\e[D"u8, shownCursor - cursor);
        shownCursor = cursor;
    }

    private void Repeat(ReadOnlySpan<byte> sequence, int times)
    {
        for (int i = 0; i < times; i++)
        {
            output.Append(sequence);
        }
    }
}
