using System;

namespace Limber.Vfio.Tests.Fakes;

/// <summary>Host memory that the guest sees at an address.</summary>
internal sealed class FakeMapping(FakeMachine machine, ulong address, nint host, ulong length, bool readOnly) : IDisposable
{
    public ulong Address { get; } = address;

    public nint Host { get; } = host;

    public ulong Length { get; } = length;

    public bool ReadOnly { get; } = readOnly;

    public void Dispose() => machine.Mappings.Remove(this);
}
