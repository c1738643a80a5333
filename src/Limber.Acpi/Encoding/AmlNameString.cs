using System;

namespace Limber.Acpi;

/// <summary>
/// Name strings (ACPI 6.5, 20.2.2): an optional <c>\</c> or any number of <c>^</c>, then up to 255 segments of four characters.
/// <code>
/// \            5C 00
/// CPUS         43 50 55 53
/// _SB.CPUS     2E segment segment
/// A.B.C        2F 03 segment segment segment
/// </code>
/// </summary>
internal static class AmlNameString
{
    private const int SegmentSize = 4;

    /// <summary>The encoded name string.</summary>
    /// <exception cref="ArgumentException">The path is not a name string.</exception>
    public static byte[] Encode(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        int prefix = PrefixLength(path);
        ReadOnlySpan<char> names = path.AsSpan(prefix);
        if (path.Length == 0)
        {
            throw new ArgumentException("An ACPI path must not be empty.", nameof(path));
        }

        int segments = names.IsEmpty ? 0 : names.Count('.') + 1;
        var buffer = new AmlBuffer(prefix + 2 + (segments * SegmentSize));
        foreach (char c in path.AsSpan(0, prefix))
        {
            buffer.Byte((byte)c);
        }

        WriteSegmentCount(buffer, segments, path);
        if (segments != 0)
        {
            foreach (Range range in names.Split('.'))
            {
                WriteSegment(buffer, names[range], path);
            }
        }

        return buffer.ToArray();
    }

    /// <summary>One segment, four bytes.</summary>
    /// <exception cref="ArgumentException">The name is not a segment.</exception>
    public static byte[] EncodeSegment(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        var buffer = new AmlBuffer(SegmentSize);
        WriteSegment(buffer, name, name);
        return buffer.ToArray();
    }

    private static int PrefixLength(string path)
    {
        if (path.StartsWith('\\'))
        {
            return 1;
        }

        int parents = 0;
        while (parents < path.Length && path[parents] == '^')
        {
            parents++;
        }

        return parents;
    }

    private static void WriteSegmentCount(AmlBuffer buffer, int segments, string path)
    {
        switch (segments)
        {
            case 0:
                buffer.Byte((byte)AmlOpcode.Zero);
                break;
            case 1:
                break;
            case 2:
                buffer.Byte((byte)AmlOpcode.DualNamePrefix);
                break;
            case <= byte.MaxValue:
                buffer.Byte((byte)AmlOpcode.MultiNamePrefix);
                buffer.Byte((byte)segments);
                break;
            default:
                throw new ArgumentException($"An ACPI path has at most {byte.MaxValue} segments, not {segments}.", nameof(path));
        }
    }

    private static void WriteSegment(AmlBuffer buffer, ReadOnlySpan<char> segment, string path)
    {
        if (segment.Length is 0 or > SegmentSize)
        {
            throw new ArgumentException($"Segment '{segment}' of the ACPI path '{path}' must have 1 to 4 characters.", nameof(path));
        }

        for (int i = 0; i < SegmentSize; i++)
        {
            // Spec: ACPI 6.5, 5.3: shorter names are filled up with underscores.
            char c = i < segment.Length ? segment[i] : '_';
            if (c is not ((>= 'A' and <= 'Z') or '_') && !(i > 0 && char.IsAsciiDigit(c)))
            {
                throw new ArgumentException(
                    $"Segment '{segment}' of the ACPI path '{path}' must consist of A-Z, _ and, not first, 0-9.", nameof(path));
            }

            buffer.Byte((byte)c);
        }
    }
}
