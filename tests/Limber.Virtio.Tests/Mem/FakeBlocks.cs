using System;
using System.Collections.Generic;
using Limber.Virtio.Mem;

namespace Limber.Virtio.Tests.Mem;

/// <summary>Notes what is plugged, and refuses on request.</summary>
internal sealed class FakeBlocks : IVirtioMemMemory
{
    public List<string> Calls { get; } = [];

    public bool Refuses { get; set; }

    /// <summary>Is called before anything is done, as long as the host would take for it.</summary>
    public Action Before { get; set; } = static () => { };

    public bool TryPlug(ulong offset, ulong length) => Note("plug", offset, length);

    public bool TryUnplug(ulong offset, ulong length) => Note("unplug", offset, length);

    private bool Note(string what, ulong offset, ulong length)
    {
        Before();
        if (Refuses)
        {
            return false;
        }

        Calls.Add($"{what} {offset >> 20}+{length >> 20}");
        return true;
    }
}
