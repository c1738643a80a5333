using System;
using System.Collections.Generic;
using System.Threading;

namespace Limber.Machine;

/// <summary>
/// Asks those who show files to the guest as memory, when a processor met a page that the host can't provide, whether theirs was
/// cut off, and lets them put other pages there.
/// </summary>
/// <remarks>
/// Thread: any, vCPUs' too. Lock order: <see cref="gate"/>, then the devices' leaves; a device is added and removed without its own.
/// </remarks>
internal sealed class LostPages
{
    private readonly Lock gate = new();
    private readonly List<Func<bool>> owners = [];
    private int replacements;

    /// <summary>Adds somebody to ask: puts pages in place of lost ones and says whether there were any. Dispose the result to end that.</summary>
    public IDisposable Add(Func<bool> replace)
    {
        lock (gate)
        {
            owners.Add(replace);
        }

        return new Entry(this, replace);
    }

    /// <summary>Sees to lost pages; true when the access may be made again.</summary>
    /// <param name="seen">
    /// How many replacements the asking processor knows of. Several may meet the same page: the one that comes late finds nothing
    /// to do, and is told by this number that it has been done.
    /// </param>
    public bool TryReplace(ref int seen)
    {
        lock (gate)
        {
            foreach (Func<bool> replace in owners)
            {
                if (replace())
                {
                    replacements++;
                }
            }

            bool isNews = seen != replacements;
            seen = replacements;
            return isNews;
        }
    }

    private sealed class Entry(LostPages pages, Func<bool> replace) : IDisposable
    {
        public void Dispose()
        {
            lock (pages.gate)
            {
                pages.owners.Remove(replace);
            }
        }
    }
}
