using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using Limber.Device;
using Limber.Interop;
using Limber.Pci;

namespace Limber.Virtio.Pci;

/// <summary>
/// A virtio device as a PCI function, modern only (VIRTIO 1.2, 4.1): see <see cref="VirtioPciLayout"/> for its BAR.
/// </summary>
/// <remarks>
/// Interrupts: a vector for the configuration and one for each queue, assigned by the driver; the pin with the ISR register
/// while MSI-X is off. Notifications reach the queue's event without the VMM while the BAR is mapped.
/// A reset of the function only begins that of the device, since it may run on a vCPU; before the machine touches guest memory it calls
/// <see cref="VirtioDevice.Reset"/>, which waits.
/// Lock order: the function's transaction gate, the registers' gate, the ISR's gate, the pin; MSI-X signals take no lock.
/// </remarks>
public sealed class VirtioPciFunction : PciFunction, IVirtioTransport
{
    private readonly MsixCapability msix;
    private readonly CommonConfig common;
    private readonly IsrStatus isr;
    private readonly CompositeIoDevice registers;
    private readonly List<IDisposable> doorbells = [];
    private readonly int window;

    /// <param name="device">Owned by the function from here on.</param>
    /// <param name="vectors">MSI-X vectors; one more than there are queues unless given.</param>
    /// <exception cref="ArgumentException">The device doesn't fit the BAR.</exception>
    public VirtioPciFunction(VirtioDevice device, int? vectors = null)
        : base(VirtioPciIdentity.Of(CheckDevice(device).Type), device.Id)
    {
        VirtioDevice = device;
        int vectorCount = Math.Min(vectors ?? device.Registers.QueueCount + 1, MsixCapability.MaximumVectors);
        common = new CommonConfig(device, vectorCount);
        isr = new IsrStatus(SetInterrupt);
        msix = AddMsix(vectorCount, VirtioPciLayout.Bar, VirtioPciLayout.Table, VirtioPciLayout.PendingBits);
        msix.Changed += OnMsixChanged;
        registers = CreateRegisters();
        AddBar(VirtioPciLayout.Bar, PciBarKind.Prefetchable64, VirtioPciLayout.BarSize, registers);
        window = AddCapabilities();
        AddExpressCapability();
        UseInterruptPin();
        device.Registers.Cleared = OnDeviceCleared;
        device.Connect(this);
    }

    /// <summary>The device.</summary>
    public VirtioDevice VirtioDevice { get; }

    /// <inheritdoc/>
    public void InterruptQueue(int queue)
    {
        if (msix.IsEnabled)
        {
            // A queue without a vector has no interrupt: NO_VECTOR is beyond all vectors and dropped.
            msix.Signal(common.GetQueueVector(queue));
        }
        else
        {
            isr.Raise(IsrStatus.Queue);
        }
    }

    /// <inheritdoc/>
    public void InterruptConfig()
    {
        if (msix.IsEnabled)
        {
            msix.Signal(common.ConfigurationVector);
        }
        else
        {
            isr.Raise(IsrStatus.Config);
        }
    }

    /// <inheritdoc/>
    public HostEvent? GetQueueEvent(int queue)
    {
        ushort vector = common.GetQueueVector(queue);
        return msix.IsEnabled && vector != CommonConfig.NoVector && Bus is not null ? msix.GetEvent(vector) : null;
    }

    /// <inheritdoc/>
    protected override void OnBarMapped(int bar, ulong address)
    {
        for (int queue = 0; queue < VirtioDevice.Registers.QueueCount; queue++)
        {
            ulong place = address + VirtioPciLayout.Notify + ((ulong)queue * VirtioPciLayout.NotifyMultiplier);
            if (Host.Doorbells.Bind(place, VirtioDevice.Registers.GetDoorbell(queue)) is { } binding)
            {
                doorbells.Add(binding);
            }
        }
    }

    /// <inheritdoc/>
    protected override void OnBarUnmapped(int bar)
    {
        foreach (IDisposable binding in doorbells)
        {
            binding.Dispose();
        }

        doorbells.Clear();
    }

    /// <inheritdoc/>
    protected override void OnConfigReading(int offset, int length)
    {
        if (TouchesWindowData(offset, length) && TryGetWindow(out ulong place, out int width))
        {
            Span<byte> data = stackalloc byte[sizeof(uint)];
            data[..width].Fill(0xff);
            _ = registers.Read(place, data[..width]);
            Config.SetUInt32(window + VirtioPciCapability.DataOffset, BinaryPrimitives.ReadUInt32LittleEndian(data));
        }
    }

    /// <inheritdoc/>
    protected override void OnConfigWritten(int offset, int length)
    {
        if (TouchesWindowData(offset, length) && TryGetWindow(out ulong place, out int width))
        {
            Span<byte> data = stackalloc byte[sizeof(uint)];
            BinaryPrimitives.WriteUInt32LittleEndian(data, Config.GetUInt32(window + VirtioPciCapability.DataOffset));
            _ = registers.Write(place, data[..width]);
        }
    }

    /// <inheritdoc/>
    protected override void OnReset()
    {
        VirtioDevice.RequestReset();
        isr.Clear();
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing) => VirtioDevice.Dispose();

    private static VirtioDevice CheckDevice(VirtioDevice device)
    {
        ArgumentNullException.ThrowIfNull(device);
        if (device.Registers.QueueCount > VirtioPciLayout.MaximumQueues)
        {
            throw new ArgumentException(
                $"{device.Id} has {device.Registers.QueueCount} queues, more than the {VirtioPciLayout.MaximumQueues} of a PCI function", nameof(device));
        }

        if (device.Registers.ConfigLength > VirtioPciLayout.DeviceConfigMaximum)
        {
            throw new ArgumentException(
                $"{device.Id} has {device.Registers.ConfigLength} bytes of configuration, more than {VirtioPciLayout.DeviceConfigMaximum}", nameof(device));
        }

        return device;
    }

    private CompositeIoDevice CreateRegisters()
    {
        VirtioRegisters device = VirtioDevice.Registers;
        var parts = new List<CompositeIoDevice.Part>
        {
            new(VirtioPciLayout.Common, VirtioPciLayout.CommonLength, common),
            new(VirtioPciLayout.Isr, VirtioPciLayout.IsrLength, isr),
            new(VirtioPciLayout.PendingBits, msix.PendingBitsLength, msix.PendingBits),
            new(VirtioPciLayout.Table, msix.TableLength, msix.Table),
        };
        if (device.QueueCount != 0)
        {
            parts.Add(new(VirtioPciLayout.Notify, NotifyLength, new NotifyRegion(device)));
        }

        if (device.ConfigLength != 0)
        {
            parts.Add(new(VirtioPciLayout.DeviceConfig, (ulong)device.ConfigLength, new DeviceConfigRegion(device)));
        }

        return new CompositeIoDevice([.. parts]);
    }

    private uint NotifyLength => (uint)VirtioDevice.Registers.QueueCount * VirtioPciLayout.NotifyMultiplier;

    private int AddCapabilities()
    {
        const byte Id = VirtioPciCapability.VendorSpecific;
        uint config = (uint)VirtioDevice.Registers.ConfigLength;
        AddCapability(Id, VirtioPciCapability.Create(VirtioPciCapability.Common, VirtioPciLayout.Common, VirtioPciLayout.CommonLength), []);
        AddCapability(Id, VirtioPciCapability.Create(VirtioPciCapability.Isr, VirtioPciLayout.Isr, VirtioPciLayout.IsrLength), []);
        if (config != 0)
        {
            // Spec: VIRTIO 1.2 4.1.4.6.1: only a device type that has configuration has this one.
            AddCapability(Id, VirtioPciCapability.Create(VirtioPciCapability.Device, VirtioPciLayout.DeviceConfig, config), []);
        }

        AddCapability(Id, VirtioPciCapability.CreateNotify(VirtioPciLayout.Notify, NotifyLength, VirtioPciLayout.NotifyMultiplier), []);
        return AddCapability(Id, VirtioPciCapability.CreateWindow(), VirtioPciCapability.CreateWindowMask());
    }

    private bool TouchesWindowData(int offset, int length)
    {
        int data = window + VirtioPciCapability.DataOffset;
        return offset < data + sizeof(uint) && data < offset + length;
    }

    // Spec: VIRTIO 1.2 4.1.4.9: bar, offset and length are the guest's; what is not an aligned access of 1, 2 or 4 bytes inside
    // the BAR does nothing.
    private bool TryGetWindow(out ulong place, out int width)
    {
        place = Config.GetUInt32(window + VirtioPciCapability.OffsetOffset);
        uint length = Config.GetUInt32(window + VirtioPciCapability.LengthOffset);
        width = length is 1 or 2 or 4 ? (int)length : 0;
        return width != 0
            && Config.GetByte(window + VirtioPciCapability.BarOffset) == VirtioPciLayout.Bar
            && place % length == 0
            && place <= VirtioPciLayout.BarSize - length;
    }

    private void OnMsixChanged()
    {
        if (msix.IsEnabled)
        {
            // Spec: PCI 3.0 6.8.3.3: the pin is not used while MSI-X is.
            isr.Clear();
        }

        for (int queue = 0; queue < VirtioDevice.Registers.QueueCount; queue++)
        {
            VirtioDevice.NotifyInterruptEventChanged(queue);
        }
    }

    private void OnDeviceCleared()
    {
        common.Clear();
        isr.Clear();
    }
}
