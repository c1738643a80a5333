using System;
using System.Collections.Generic;
using Limber.Device;

namespace Limber.VirtioDevices.Tests.Fakes;

/// <summary>Records what the guest would see.</summary>
internal sealed class FakeMappings : IGuestMappings
{
    public List<(ulong Address, nint Host, ulong Length, bool ReadOnly)> Current { get; } = [];

    public IDisposable Map(ulong address, nint host, ulong length, bool readOnly)
    {
        (ulong, nint, ulong, bool) entry = (address, host, length, readOnly);
        Current.Add(entry);
        return new Mapping(() => Current.Remove(entry));
    }

    private sealed class Mapping(Action undo) : IDisposable
    {
        public void Dispose() => undo();
    }
}
