using System;
using System.Collections.Generic;
using Limber.Device;

namespace Limber.Devices.Tests.Fakes;

/// <summary>Takes bytes up to a limit that the test moves.</summary>
internal sealed class FakeBackend : ICharacterBackend
{
    private readonly List<byte> taken = new(1 << 17);

    public int Room { get; set; } = int.MaxValue;

    /// <summary>Runs inside Write after the bytes are taken, to play what another thread does meanwhile.</summary>
    public Action? DuringWrite { get; set; }

    public byte[] Taken => [.. taken];

    public int Count => taken.Count;

    public void Start(ICharacterFrontend frontend) { }

    public int Write(ReadOnlySpan<byte> data)
    {
        int count = Math.Min(data.Length, Room);
        Room -= Room == int.MaxValue ? 0 : count;
        foreach (byte value in data[..count])
        {
            taken.Add(value);
        }

        DuringWrite?.Invoke();
        return count;
    }

    public void Forget() => taken.Clear();

    public void Dispose() { }
}
