using System;
using System.Threading;
using Limber.Device;
using static Limber.Virtio.Pci.CommonRegister;

namespace Limber.Virtio.Pci;

/// <summary>The common configuration of a function: selectors and vectors; everything else is the device's.</summary>
/// <remarks>
/// Guest-controlled: everything. No lock: selectors and vectors are single words, and vCPUs that change them against each other
/// get what they deserve. Thread: any vCPU; vectors are also read by the device's loops.
/// </remarks>
internal sealed class CommonConfig : IIoDevice, IRegisterFile<CommonRegister>
{
    /// <summary>No vector (VIRTIO_MSI_NO_VECTOR).</summary>
    public const ushort NoVector = 0xffff;

    private static readonly RegisterMap<CommonRegister> Map = new(
        (int)VirtioPciLayout.CommonLength,
        new(DeviceFeatureSelect, 0x00, 4, RegisterAccess.ReadWrite),
        new(DeviceFeature, 0x04, 4, RegisterAccess.Read),
        new(DriverFeatureSelect, 0x08, 4, RegisterAccess.ReadWrite),
        new(DriverFeature, 0x0c, 4, RegisterAccess.ReadWrite),
        new(ConfigVector, 0x10, 2, RegisterAccess.ReadWrite),
        new(QueueCount, 0x12, 2, RegisterAccess.Read),
        new(DeviceStatus, 0x14, 1, RegisterAccess.ReadWrite),
        new(ConfigGeneration, 0x15, 1, RegisterAccess.Read),
        new(QueueSelect, 0x16, 2, RegisterAccess.ReadWrite),
        new(QueueSize, 0x18, 2, RegisterAccess.ReadWrite),
        new(QueueVector, 0x1a, 2, RegisterAccess.ReadWrite),
        new(QueueEnable, 0x1c, 2, RegisterAccess.ReadWrite),
        new(QueueNotifyOffset, 0x1e, 2, RegisterAccess.Read),
        new(QueueDescriptorsLow, 0x20, 4, RegisterAccess.ReadWrite),
        new(QueueDescriptorsHigh, 0x24, 4, RegisterAccess.ReadWrite),
        new(QueueDriverLow, 0x28, 4, RegisterAccess.ReadWrite),
        new(QueueDriverHigh, 0x2c, 4, RegisterAccess.ReadWrite),
        new(QueueDeviceLow, 0x30, 4, RegisterAccess.ReadWrite),
        new(QueueDeviceHigh, 0x34, 4, RegisterAccess.ReadWrite),
        new(QueueNotifyData, 0x38, 2, RegisterAccess.Read),
        new(CommonRegister.QueueReset, 0x3a, 2, RegisterAccess.ReadWrite));

    private readonly VirtioDevice device;
    private readonly int vectorCount;
    private readonly ushort[] queueVectors;
    private uint deviceFeatureSelect;
    private uint driverFeatureSelect;
    private ushort configVector;
    private ushort queueSelect;

    public CommonConfig(VirtioDevice device, int vectorCount)
    {
        this.device = device;
        this.vectorCount = vectorCount;
        queueVectors = new ushort[device.Registers.QueueCount];
        Clear();
    }

    public ushort ConfigurationVector => Volatile.Read(ref configVector);

    private VirtioRegisters Registers => device.Registers;

    private int Queue => Volatile.Read(ref queueSelect);

    public ushort GetQueueVector(int queue) => Volatile.Read(ref queueVectors[queue]);

    /// <summary>Returns to the values of power-on. Called inside the reset of the device's registers.</summary>
    public void Clear()
    {
        Volatile.Write(ref deviceFeatureSelect, 0);
        Volatile.Write(ref driverFeatureSelect, 0);
        Volatile.Write(ref queueSelect, 0);
        Volatile.Write(ref configVector, NoVector);
        for (int i = 0; i < queueVectors.Length; i++)
        {
            Volatile.Write(ref queueVectors[i], NoVector);
        }
    }

    public IoStatus Read(ulong offset, Span<byte> data) => Map.Read(this, offset, data);

    public IoStatus Write(ulong offset, ReadOnlySpan<byte> data) => Map.Write(this, offset, data);

    public ulong ReadRegister(CommonRegister register) => register switch
    {
        DeviceFeatureSelect => Volatile.Read(ref deviceFeatureSelect),
        DeviceFeature => Half(Registers.DeviceFeatures, Volatile.Read(ref deviceFeatureSelect)),
        DriverFeatureSelect => Volatile.Read(ref driverFeatureSelect),
        DriverFeature => Half(Registers.DriverFeatures, Volatile.Read(ref driverFeatureSelect)),
        ConfigVector => ConfigurationVector,
        QueueCount => (ulong)Registers.QueueCount,
        DeviceStatus => (ulong)Registers.Status,
        ConfigGeneration => Registers.ConfigGeneration,
        QueueSelect => (ulong)Queue,
        QueueSize => Registers.ReadQueue(Queue, QueueRegister.Size),
        QueueVector => Queue < queueVectors.Length ? GetQueueVector(Queue) : NoVector,
        QueueEnable => Registers.ReadQueue(Queue, QueueRegister.Enable),
        QueueNotifyOffset => (ulong)Queue,
        QueueDescriptorsLow => Half(Registers.ReadQueue(Queue, QueueRegister.Descriptors), 0),
        QueueDescriptorsHigh => Half(Registers.ReadQueue(Queue, QueueRegister.Descriptors), 1),
        QueueDriverLow => Half(Registers.ReadQueue(Queue, QueueRegister.Driver), 0),
        QueueDriverHigh => Half(Registers.ReadQueue(Queue, QueueRegister.Driver), 1),
        QueueDeviceLow => Half(Registers.ReadQueue(Queue, QueueRegister.Device), 0),
        QueueDeviceHigh => Half(Registers.ReadQueue(Queue, QueueRegister.Device), 1),
        CommonRegister.QueueReset => Registers.ReadQueue(Queue, QueueRegister.Reset),
        _ => 0,
    };

    public void WriteRegister(CommonRegister register, ulong value)
    {
        switch (register)
        {
            case DeviceFeatureSelect:
                Volatile.Write(ref deviceFeatureSelect, (uint)value);
                break;
            case DriverFeatureSelect:
                Volatile.Write(ref driverFeatureSelect, (uint)value);
                break;
            case DriverFeature:
                WriteDriverFeature((uint)value);
                break;
            case ConfigVector:
                Volatile.Write(ref configVector, CheckVector(value));
                break;
            case DeviceStatus:
                Registers.WriteStatus((byte)value);
                break;
            case QueueSelect:
                Volatile.Write(ref queueSelect, (ushort)value);
                break;
            case QueueVector:
                WriteQueueVector(Queue, CheckVector(value));
                break;
            default:
                WriteQueueRegister(register, value);
                break;
        }
    }

    private static ulong Half(ulong value, uint select) => select switch
    {
        0 => (uint)(value & uint.MaxValue),
        1 => value >> 32,
        _ => 0,
    };

    // Spec: VIRTIO 1.2 4.1.5.1.2: a vector that can't be used reads back as NO_VECTOR.
    private ushort CheckVector(ulong value) => value < (ulong)vectorCount ? (ushort)value : NoVector;

    private void WriteDriverFeature(uint value)
    {
        uint select = Volatile.Read(ref driverFeatureSelect);
        if (select <= 1)
        {
            Registers.DriverFeatures = Merge(Registers.DriverFeatures, value, high: select == 1);
        }
        else if (value != 0)
        {
            device.CountOddity("feature bits beyond 63 accepted");
        }
    }

    private void WriteQueueVector(int queue, ushort vector)
    {
        if (queue < queueVectors.Length && GetQueueVector(queue) != vector)
        {
            Volatile.Write(ref queueVectors[queue], vector);
            device.NotifyInterruptEventChanged(queue);
        }
    }

    private void WriteQueueRegister(CommonRegister register, ulong value)
    {
        switch (register)
        {
            case QueueSize:
                Registers.WriteQueue(Queue, QueueRegister.Size, value);
                break;
            case QueueEnable:
                Registers.WriteQueue(Queue, QueueRegister.Enable, value);
                break;
            case CommonRegister.QueueReset:
                Registers.WriteQueue(Queue, QueueRegister.Reset, value);
                break;
            case QueueDescriptorsLow or QueueDescriptorsHigh:
                WriteAddress(QueueRegister.Descriptors, value, register == QueueDescriptorsHigh);
                break;
            case QueueDriverLow or QueueDriverHigh:
                WriteAddress(QueueRegister.Driver, value, register == QueueDriverHigh);
                break;
            case QueueDeviceLow or QueueDeviceHigh:
                WriteAddress(QueueRegister.Device, value, register == QueueDeviceHigh);
                break;
        }
    }

    private void WriteAddress(QueueRegister register, ulong value, bool high)
    {
        int queue = Queue;
        Registers.WriteQueue(queue, register, Merge(Registers.ReadQueue(queue, register), (uint)value, high));
    }

    private static ulong Merge(ulong old, uint value, bool high) =>
        high ? (old & uint.MaxValue) | ((ulong)value << 32) : (old & ~(ulong)uint.MaxValue) | value;
}
