using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;

namespace Limber.Bench;

/// <summary>Rows in the order in which they were first asked for; each has a cell for each monitor.</summary>
internal sealed class Report(IReadOnlyList<Vmm> columns)
{
    private readonly List<Row> rows = [];

    /// <summary>The cell of a monitor.</summary>
    /// <param name="benchmark">Which benchmark the row belongs to.</param>
    /// <param name="title">What was measured, with its unit.</param>
    /// <param name="vmm">Whose cell.</param>
    public Samples this[string benchmark, string title, Vmm vmm]
    {
        get
        {
            Row? row = rows.Find(r => r.Benchmark == benchmark && r.Title == title);
            if (row is null)
            {
                row = new Row(benchmark, title, columns.ToDictionary(v => v, _ => new Samples()));
                rows.Add(row);
            }

            return row.Cells[vmm];
        }
    }

    /// <summary>Prints a table for each benchmark, then what was refused and why.</summary>
    public void Print(TextWriter output)
    {
        List<string[]> lines = [];
        List<string> refusals = [];
        foreach (IGrouping<string, Row> group in rows.GroupBy(r => r.Benchmark))
        {
            lines.Add([group.Key, .. columns.Select(c => c.Name), string.Join('/', columns.Select(c => c.Name))]);
            foreach (Row row in group)
            {
                lines.Add(["  " + row.Title, .. columns.Select(c => row.Cells[c].ToString()), Ratio(row)]);
                refusals.AddRange(columns.Where(c => row.Cells[c].Refusal is not null)
                    .Select(c => $"{group.Key}, {row.Title}: {c.Name}: {row.Cells[c].Refusal}"));
            }
        }

        if (lines.Count == 0)
        {
            return;
        }

        int[] widths = [.. Enumerable.Range(0, lines[0].Length).Select(i => lines.Max(l => l[i].Length))];
        lines.ForEach(l => output.WriteLine(string.Join("  ", l.Select((text, i) => text.PadRight(widths[i]))).TrimEnd()));
        output.WriteLine("Cells: median (least-most) xN of N repetitions.");
        refusals.ForEach(r => output.WriteLine("Refused: " + r));
    }

    private string Ratio(Row row)
    {
        Samples first = row.Cells[columns[0]];
        Samples second = row.Cells[columns[1]];
        return first.IsEmpty || second.IsEmpty || second.Median == 0
            ? ""
            : (first.Median / second.Median).ToString("F2", CultureInfo.InvariantCulture);
    }

    private sealed record Row(string Benchmark, string Title, Dictionary<Vmm, Samples> Cells);
}
