using System;
using System.Collections.Generic;
using Limber.Device;

namespace Limber.Pci.Tests.Fakes;

/// <summary>A function with memory in a 64-bit BAR (index 0), ports (index 2), MSI-X in a third (index 4) and a pin.</summary>
internal sealed class TestFunction : PciFunction
{
    public const ulong MemorySize = 0x4000;
    public const ulong MsixBarSize = 0x1000;
    public const int Vectors = 4;

    private bool entered;

    public TestFunction(string name = "test function")
        : base(new PciIdentity(0x1AF4, 0x1041, 0x020000, 1, 0x1AF4, 0x1100), name)
    {
        Msix = AddMsix(Vectors, bar: 4, tableOffset: 0, pbaOffset: 0x800);
        AddBar(0, PciBarKind.Prefetchable64, MemorySize, Registers);
        AddBar(2, PciBarKind.Io, 0x20, Registers);
        AddBar(4, PciBarKind.Memory32, MsixBarSize, new CompositeIoDevice(
            new CompositeIoDevice.Part(0, Msix.TableLength, Msix.Table),
            new CompositeIoDevice.Part(0x800, Msix.PendingBitsLength, Msix.PendingBits)));
        UseInterruptPin();
    }

    public MsixCapability Msix { get; }

    public ScratchRegisters Registers { get; } = new();

    public Dictionary<int, ulong> Mapped { get; } = [];

    /// <summary>Where BARs may answer; null when it doesn't matter.</summary>
    public PciWindows? Windows { get; init; }

    public int Resets { get; private set; }

    public bool IsDisposed { get; private set; }

    protected override void OnBarMapped(int bar, ulong address)
    {
        Mapped.Add(bar, address);
        if (Windows is { } windows)
        {
            Assert.True(bar == 2 ? address >= windows.IoStart : IsInside(windows, address), $"BAR {bar} at 0x{address:x}");
        }
    }

    protected override void OnBarUnmapped(int bar) => Mapped.Remove(bar);

    protected override void OnReset()
    {
        Assert.False(IsDisposed, "reset after removal");
        Resets++;
    }

    protected override void OnConfigWritten(int offset, int length)
    {
        // Transactions come one at a time.
        Assert.False(entered);
        entered = true;
        entered = false;
    }

    private static bool IsInside(PciWindows windows, ulong address) =>
        (address >= windows.Mmio32Start && address < windows.Mmio32Start + windows.Mmio32Length)
        || (address >= windows.Mmio32HighStart && address < windows.Mmio32HighStart + windows.Mmio32HighLength)
        || (address >= windows.Mmio64Start && address < windows.Mmio64Start + windows.Mmio64Length);

    protected override void Dispose(bool disposing)
    {
        IsDisposed = true;
        Registers.Closed = true;
    }
}
