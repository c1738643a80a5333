using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using System.Threading;
using Limber.Device;
using Limber.Interop;

namespace Limber.Pci.Tests.Fakes;

/// <summary>A machine without a hypervisor: buses, vectors that count, wires that show their level, a host bridge.</summary>
internal sealed class FakeMachine : IMsiController, IDoorbellController, IGuestMappings, IDeviceLog
{
    public const ulong Mmio32 = 0xC000_0000;
    public const ulong Mmio64 = 0x10_0000_0000;
    public const ulong Ecam = 0xE000_0000;

    private int guestErrors;

    public FakeMachine()
    {
        Wires = [.. Enumerable.Range(0, PciHost.InterruptCount).Select(_ => new FakeLine())];
        Host = new PciHost(Memory, Ports, this, this, this, [.. Wires], this);
        Bridge = new PciHostBridge(
            Host, new PciWindows(Mmio32, 0x2000_0000, Mmio64, 0x10_0000_0000, 0x1000, 0xF000, Ecam)
            {
                Mmio32HighStart = 0xF000_0000,
                Mmio32HighLength = 0xEC0_0000,
            },
            firstInterrupt: 16);
        Guest = new GuestPci(Memory, Ports);
    }

    public IoBus Memory { get; } = new("memory");

    public IoBus Ports { get; } = new("I/O port");

    public PciHost Host { get; }

    public PciHostBridge Bridge { get; }

    public GuestPci Guest { get; }

    public ImmutableArray<FakeLine> Wires { get; }

    public List<FakeVector> Vectors { get; } = [];

    public int VectorLimit { get; init; } = int.MaxValue;

    public int GuestErrors => Volatile.Read(ref guestErrors);

    public IMsiVector Allocate()
    {
        lock (Vectors)
        {
            if (Vectors.Count(v => !v.IsDisposed) >= VectorLimit)
            {
                throw new HostException("no vectors left", 28);
            }

            var vector = new FakeVector();
            Vectors.Add(vector);
            return vector;
        }
    }

    public IDisposable? Bind(ulong address, HostEvent target) => null;

    public IDisposable Map(ulong address, nint host, ulong length, bool readOnly) => throw new NotSupportedException();

    public void GuestError(string device, string oddity) => Interlocked.Increment(ref guestErrors);
}
