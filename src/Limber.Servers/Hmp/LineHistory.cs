using System.Collections.Generic;
using System.Linq;

namespace Limber.Servers.Hmp;

/// <summary>Lines entered before; a line entered again moves to the end. Thread: one at a time.</summary>
internal sealed class LineHistory
{
    private const int Capacity = 64;

    private readonly List<byte[]> lines = [];

    /// <summary>Index of the line being shown; <c>lines.Count</c> for none.</summary>
    private int position;

    public void Add(IReadOnlyList<byte> line)
    {
        if (line.Count > 0)
        {
            lines.RemoveAll(old => old.AsEnumerable().SequenceEqual(line));
            lines.Add([.. line]);
            if (lines.Count > Capacity)
            {
                lines.RemoveAt(0);
            }
        }

        position = lines.Count;
    }

    /// <summary>The line before the one shown; null when there is none.</summary>
    public IReadOnlyList<byte>? Older() => position > 0 ? lines[--position] : null;

    /// <summary>The line after the one shown, at the end an empty one; null when that is shown already.</summary>
    public IReadOnlyList<byte>? Newer()
    {
        if (position == lines.Count)
        {
            return null;
        }

        position++;
        return position == lines.Count ? [] : lines[position];
    }
}
