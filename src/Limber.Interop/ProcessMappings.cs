using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;

namespace Limber.Interop;

/// <summary>
/// What a process has mapped, as <c>/proc/PID/smaps</c> lists it (proc(5)):
/// <code>
/// start-end perms offset device inode   path      hexadecimal addresses; one line a mapping
/// Name:                 value kB                  its figures, a line each
/// VmFlags: rd wr ...                              the last line of each
/// </code>
/// </summary>
/// <remarks>Reads bytes and keeps numbers: it runs to make the process small, and should leave nothing behind.</remarks>
internal sealed class ProcessMappings
{
    private const int BufferSize = 8192;

    private readonly List<Mapping> clean = [];
    private readonly List<Mapping> own = [];
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
    public IEnumerable<(nint Start, nuint Length)> FindCleanImages()
    {
        foreach (Mapping mapping in clean)
        {
            if (programs.Contains(mapping.Inode))
            {
                yield return mapping.Range;
            }
        }
    }

    /// <summary>Private memory without a file and without a word from anybody about huge pages: stacks and heaps.</summary>
    public IEnumerable<(nint Start, nuint Length)> FindOwnMemory()
    {
        foreach (Mapping mapping in own)
        {
            yield return mapping.Range;
        }
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
        if (line.Length != 0 && !char.IsAsciiLetterUpper((char)line[0]))
        {
            candidate = Parse(line);
        }
        else if (candidate is not { } mapping)
        {
            return;
        }
        else if (line.StartsWith("Anonymous:"u8))
        {
            if (!mapping.IsOwn && line.EndsWith(" 0 kB"u8))
            {
                clean.Add(mapping);
            }
        }
        else if (line.StartsWith("VmFlags:"u8) && mapping.IsOwn && line.IndexOf(" hg"u8) < 0 && line.IndexOf(" nh"u8) < 0)
        {
            own.Add(mapping);
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
        ReadOnlySpan<byte> path = line.TrimStart((byte)' ');
        bool isOwn = permissions.SequenceEqual("rw-p"u8) && path.IsEmpty;
        bool isImage = permissions is [(byte)'r', (byte)'-', _, (byte)'p'] && path.StartsWith("/"u8);
        if (!(isOwn || isImage)
            || !ulong.TryParse(start, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong first)
            || !ulong.TryParse(end, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong beyond)
            || !ulong.TryParse(inode, NumberStyles.None, CultureInfo.InvariantCulture, out ulong file)
            || beyond <= first)
        {
            return null;
        }

        if (isImage && permissions[2] == (byte)'x')
        {
            programs.Add(file);
        }

        return new Mapping(first, beyond, file, isOwn);
    }

    private static ReadOnlySpan<byte> TakeField(ref ReadOnlySpan<byte> rest, byte separator)
    {
        int length = rest.IndexOf(separator);
        ReadOnlySpan<byte> field = length < 0 ? rest : rest[..length];
        rest = length < 0 ? [] : rest[(length + 1)..];
        return field;
    }

    private readonly record struct Mapping(ulong Start, ulong End, ulong Inode, bool IsOwn)
    {
        public (nint Start, nuint Length) Range => ((nint)Start, (nuint)(End - Start));
    }
}
