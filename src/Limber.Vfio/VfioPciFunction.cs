using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Threading;
using Limber.Device;
using Limber.Device.Loop;
using Limber.Pci;

namespace Limber.Vfio;

/// <summary>A PCI function of the host in the guest's hands.</summary>
/// <remarks>
/// Lock order: the function's transaction gate, then <see cref="hostGate"/>, then leaves. BAR accesses take neither, but for an
/// unmasked MSI-X vector, which takes <see cref="hostGate"/>. A reset of the host's function holds it for as long as it takes,
/// so a guest that programs its function meanwhile waits.
/// Events come on the loop's thread, or on that of whoever caused them; handlers queue and return.
/// </remarks>
public sealed partial class VfioPciFunction : PciFunction, ILoopOwner, IVfioAccessObserver
{
    private const int Command = 0x04;
    private const int InterruptPin = 0x3D;
    private const int BarRegister0 = 0x10;
    private const ushort DecodeBits = 0x3;
    private const ushort BusMasterBit = 0x4;

    private readonly Lock hostGate = new();
    private readonly IVfioOwner owner;
    private readonly VfioDevice device;
    private readonly DeviceLoop loop;
    private readonly VfioConfigPlan plan;
    private readonly SortedDictionary<int, VfioBar> bars = [];
    private readonly List<VfioWatch> watches = [];
    private readonly ManualResetEventSlim resetDone = new(initialState: true);
    private readonly MsixCapability? msix;
    private readonly VfioMsi? msi;
    private readonly VfioIntx? intx;
    private readonly VfioInterrupts interrupts;
    private bool hostBusMaster;
    private bool released;

    private VfioPciFunction(IVfioOwner owner, VfioDevice device, VfioConfigPlan plan, DeviceLoop loop, string name)
        : base(plan.Identity, name)
    {
        this.owner = owner;
        this.device = device;
        this.plan = plan;
        this.loop = loop;
        ApplyPlan(0x3E, VfioConfigPlan.Size);
        if (plan.Msix != 0)
        {
            msix = AddMsix(plan.ReadMsix());
            msix.Changed += UpdateInterrupts;
        }

        if (plan.Msi != 0)
        {
            msi = new VfioMsi(Config, plan.Msi, device.GetInterrupts(VfioInterruptKind.Msi).Count);
        }

        try
        {
            AddBars();
            if (plan.Image[InterruptPin] != 0 && device.GetInterrupts(VfioInterruptKind.Intx).Count != 0)
            {
                intx = new VfioIntx(device, loop, SetInterrupt, this);
                UseInterruptPin();
            }

            interrupts = new VfioInterrupts(device, msi, msix, intx, ReportRefusal);
            Watch(VfioInterruptKind.Error, OnHostError);
            Watch(VfioInterruptKind.Request, OnHostRequest);
        }
        catch
        {
            CloseParts();
            throw;
        }
    }

    /// <summary>The host wants the function back: its owner should unplug and dispose it soon. Raised once.</summary>
    public event Action<VfioPciFunction>? RemovalRequested;

    /// <summary>The host wants it back: <see cref="RemovalRequested"/> was raised, perhaps before anybody listened.</summary>
    public bool IsRemovalRequested => Volatile.Read(ref removalRequests) != 0;

    /// <summary>The function or the host failed; the text says what. The function may no longer work.</summary>
    public event Action<VfioPciFunction, string>? Faulted;

    /// <summary>The function's directory in the host's sysfs.</summary>
    public string Path => device.Path;

    /// <summary>Opens what the guest is to see. On failure the device is closed.</summary>
    /// <exception cref="VfioException">The function can't be passed through.</exception>
    internal static VfioPciFunction Create(IVfioOwner owner, VfioDevice device, DeviceLoop loop, string name)
    {
        try
        {
            VfioConfigPlan plan = ReadPlan(device);
            if (plan.HeaderType != 0)
            {
                throw new VfioException(
                    device.Path, $"its header has type {plan.HeaderType}: it is a bridge", advice: "pass the endpoints behind it through");
            }

            return new VfioPciFunction(owner, device, plan, loop, name);
        }
        catch (ArgumentException malformed)
        {
            device.Dispose();
            throw new VfioException(device.Path, $"it has what PCI does not allow: {malformed.Message}");
        }
        catch
        {
            device.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Waits until the reset that <see cref="PciFunction.Reset"/> began in the host is over. Called before processors run again.
    /// </summary>
    /// <returns>False when the time was over before.</returns>
    public bool WaitForReset(TimeSpan timeout) => resetDone.Wait(timeout);

    /// <inheritdoc/>
    void ILoopOwner.OnLoopFault(Exception fault) => Fault($"an event of the host could not be handled: {fault.Message}");

    /// <inheritdoc/>
    void IVfioAccessObserver.OnTrappedAccess() => intx?.Acknowledge();

    /// <inheritdoc/>
    void IVfioAccessObserver.OnAccessRefused() => CountOddity("access to a passed-through BAR refused by the host");

    /// <inheritdoc/>
    protected override void OnAttached()
    {
        if (Bus?.Bridge is null)
        {
            plan.IntegrateIntoRootComplex();
            ApplyPlan(plan.Express, plan.Express + plan.ExpressLength);
        }

        msi?.Attach(Host.Msi);
        lock (hostGate)
        {
            WriteHostCommand(busMaster: false);
            interrupts.IsRunning = true;
            interrupts.Update();
        }
    }

    /// <inheritdoc/>
    protected override void OnDetached()
    {
        lock (hostGate)
        {
            interrupts.IsRunning = false;
            interrupts.Update();
            WriteHostCommand(busMaster: false);
        }

        msi?.Stop();
    }

    /// <inheritdoc/>
    protected override void OnBarMapped(int bar, ulong address)
    {
        if (!bars[bar].Show(Host.Mappings, address))
        {
            CountOddity("BAR that the host cannot map; its accesses are trapped");
        }
    }

    /// <inheritdoc/>
    protected override void OnBarUnmapped(int bar) => bars[bar].Hide();

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (released)
        {
            return;
        }

        released = true;
        resetDone.Wait();
        lock (hostGate)
        {
            interrupts.IsRunning = false;
            interrupts.Update();
            WriteHostCommand(busMaster: false);

            // The next user gets it without this guest's doings. Closing resets it as well, when the kernel can.
            _ = ResetHost(alone: true);
        }

        CloseParts();
        device.Dispose();
        resetDone.Dispose();
        owner.Release(this);
    }

    private static VfioConfigPlan ReadPlan(VfioDevice device)
    {
        int size = (int)Math.Min(device.Config.Size, VfioConfigPlan.Size);
        if (size < VfioConfigPlan.LegacySize)
        {
            throw new VfioException(device.Path, $"its configuration space has {size} bytes, not {VfioConfigPlan.LegacySize} or more");
        }

        byte[] config = new byte[size < VfioConfigPlan.Size ? VfioConfigPlan.LegacySize : size];
        for (int offset = 0; offset < config.Length; offset += sizeof(uint))
        {
            int result = device.Read(device.Config, (ulong)offset, config.AsSpan(offset, sizeof(uint)));
            if (result != sizeof(uint))
            {
                throw new VfioException(device.Path, $"its configuration space cannot be read at 0x{offset:x}", Math.Max(-result, 0));
            }
        }

        // A capability whose interrupts the host doesn't have would be one that the guest can't use.
        return new VfioConfigPlan(config, id => id switch
        {
            VfioCapabilityIds.Msi => device.GetInterrupts(VfioInterruptKind.Msi).Count != 0,
            VfioCapabilityIds.Msix => device.GetInterrupts(VfioInterruptKind.Msix).Count != 0,
            _ => true,
        });
    }

    private void AddBars()
    {
        for (int i = 0; i < device.Bars.Length; i++)
        {
            VfioRegion region = device.Bars[i];
            if (region.Size == 0)
            {
                continue;
            }

            PciBarKind kind = ReadBarKind(i);
            if (kind == PciBarKind.Io && region.Size > 256)
            {
                throw new VfioException(device.Path, $"BAR {i} has {region.Size} I/O ports, more than the 256 that a BAR may have");
            }

            VfioBar bar = VfioBar.Create(device, region, kind, FindEmulatedParts(i), this);
            bars.Add(i, bar);
            AddBar(i, kind, region.Size, bar.Handler);
        }
    }

    private PciBarKind ReadBarKind(int index)
    {
        uint value = BinaryPrimitives.ReadUInt32LittleEndian(plan.Image.AsSpan(BarRegister0 + (4 * index)));
        if ((value & 1) != 0)
        {
            return PciBarKind.Io;
        }

        bool is64Bit = (value & 0x6) == 0x4;
        bool prefetchable = (value & 0x8) != 0;
        return !is64Bit ? PciBarKind.Memory32 : prefetchable ? PciBarKind.Prefetchable64 : PciBarKind.Memory64;
    }

    private List<CompositeIoDevice.Part> FindEmulatedParts(int bar)
    {
        var parts = new List<CompositeIoDevice.Part>();
        if (msix is null)
        {
            return parts;
        }

        MsixLayout layout = plan.ReadMsix();
        if (layout.TableBar == bar)
        {
            parts.Add(new CompositeIoDevice.Part(layout.TableOffset, msix.TableLength, new VfioMsixTable(msix.Table, UseMsix)));
        }

        if (layout.PendingBar == bar)
        {
            parts.Add(new CompositeIoDevice.Part(layout.PendingOffset, msix.PendingBitsLength, msix.PendingBits));
        }

        return parts;
    }

    private void CloseParts()
    {
        foreach (VfioWatch watch in watches)
        {
            watch.Dispose();
        }

        intx?.Dispose();
        msi?.Dispose();
        foreach (VfioBar bar in bars.Values)
        {
            bar.Dispose();
        }
    }
}
