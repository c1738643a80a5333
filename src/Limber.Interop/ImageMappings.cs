using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;

namespace Limber.Interop;

/// <summary>
/// The mappings of a process that are copies of program files, as <c>/proc/PID/smaps</c> lists them (proc(5)):
/// <code>
/// start-end perms offset device inode   path      hexadecimal addresses; one line a mapping
/// Name:                 value kB                  its figures, a line each
/// </code>
/// </summary>
/// <remarks>Reads bytes and keeps numbers: it runs to make the process small, and should leave nothing behind.</remarks>
internal sealed class ImageMappings
{
    private const int BufferSize = 8192;

    private readonly List<Mapping> mappings = [];
    private readonly HashSet<ulong> programs = [];
    private Mapping? candidate;

    /// <summary>Reads the whole list.</summary>
    public void Read(Stream smaps)
    {
        byte[] buffer = new byte[BufferSize];
        int filled = 0;
        int count;
        while ((count = smaps.Read(buffer, filled, buffer.Length - filled)) > 0)
        {
            filled += count;
            int done = TakeLines(buffer.AsSpan(0, filled));

            // A line that fills the whole buffer is no mapping of a program: it is passed over piece by piece.
            done = done == 0 && filled == buffer.Length ? filled : done;
            buffer.AsSpan(done, filled - done).CopyTo(buffer);
            filled -= done;
        }
    }

    /// <summary>
    /// Mappings that can't be written, of which no page is the process's own, and whose file is a program: data files may be
    /// unmapped by their owner at any time, programs stay.
    /// </summary>
    public IReadOnlyList<(nint Start, nuint Length)> FindClean()
    {
        var clean = new List<(nint Start, nuint Length)>(mappings.Count);
        foreach (Mapping mapping in mappings)
        {
            if (programs.Contains(mapping.Inode))
            {
                clean.Add(((nint)mapping.Start, (nuint)(mapping.End - mapping.Start)));
            }
        }

        return clean;
    }

    // Returns the length of the complete lines.
    private int TakeLines(ReadOnlySpan<byte> text)
    {
        int done = 0;
        int length;
        while ((length = text[done..].IndexOf((byte)'\n')) >= 0)
        {
            TakeLine(text.Slice(done, length));
            done += length + 1;
        }

        return done;
    }

    private void TakeLine(ReadOnlySpan<byte> line)
    {
        if (line.StartsWith("Anonymous:"u8))
        {
            if (candidate is { } mapping && line.EndsWith(" 0 kB"u8))
            {
                mappings.Add(mapping);
            }
        }
        else if (line.Length != 0 && !char.IsAsciiLetterUpper((char)line[0]))
        {
            candidate = Parse(line);
        }
    }

    private Mapping? Parse(ReadOnlySpan<byte> line)
    {
        ReadOnlySpan<byte> start = TakeField(ref line, (byte)'-');
        ReadOnlySpan<byte> end = TakeField(ref line, (byte)' ');
        ReadOnlySpan<byte> permissions = TakeField(ref line, (byte)' ');
        _ = TakeField(ref line, (byte)' ');
        _ = TakeField(ref line, (byte)' ');
        ReadOnlySpan<byte> inode = TakeField(ref line, (byte)' ');
        if (permissions is not [(byte)'r', (byte)'-', byte execute, (byte)'p']
            || !line.TrimStart((byte)' ').StartsWith("/"u8)
            || !ulong.TryParse(start, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong first)
            || !ulong.TryParse(end, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong beyond)
            || !ulong.TryParse(inode, NumberStyles.None, CultureInfo.InvariantCulture, out ulong file)
            || beyond <= first)
        {
            return null;
        }

        if (execute == (byte)'x')
        {
            programs.Add(file);
        }

        return new Mapping(first, beyond, file);
    }

    private static ReadOnlySpan<byte> TakeField(ref ReadOnlySpan<byte> rest, byte separator)
    {
        int length = rest.IndexOf(separator);
        ReadOnlySpan<byte> field = length < 0 ? rest : rest[..length];
        rest = length < 0 ? [] : rest[(length + 1)..];
        return field;
    }

    private readonly record struct Mapping(ulong Start, ulong End, ulong Inode);
}
