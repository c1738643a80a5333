using System;
using System.Collections.Generic;
using System.Threading;
using Limber.Device.Loop;
using Limber.Memory;

namespace Limber.Virtio.TestKit;

/// <summary>A device with everything around it, and a driver for it.</summary>
public sealed class VirtioRig : IDisposable
{
    private readonly List<DeviceLoop> loops = [];
    private readonly Dictionary<int, RingDriver> rings = [];
    private int faults;

    /// <param name="create">Makes the device.</param>
    /// <param name="loopCount">Number of loops.</param>
    public VirtioRig(Func<VirtioDeviceContext, VirtioDevice> create, int loopCount = 1)
    {
        ArgumentNullException.ThrowIfNull(create);
        for (int i = 0; i < loopCount; i++)
        {
            var loop = new DeviceLoop($"test-{i}");
            loop.Start();
            loops.Add(loop);
        }

        Context = new VirtioDeviceContext("dev0", Memory.Map, loops, Log) { RingFeatures = VirtioFeatures.AllRing };
        Device = create(Context);
        Device.Connect(Transport);
        Device.Faulted += (_, fault) =>
        {
            Fault = fault;
            Interlocked.Increment(ref faults);
        };
    }

    public TestMemory Memory { get; } = new();

    public TestLog Log { get; } = new();

    public TestTransport Transport { get; } = new();

    public VirtioDeviceContext Context { get; }

    public VirtioDevice Device { get; }

    public VirtioRegisters Registers => Device.Registers;

    public DeviceLoop Loop => loops[0];

    public IReadOnlyList<DeviceLoop> Loops => loops;

    /// <summary>How often the device failed by an exception.</summary>
    public int Faults => Volatile.Read(ref faults);

    public Exception? Fault { get; private set; }

    public RingDriver this[int queue] => rings[queue];

    /// <summary>Negotiates, sets up all queues and says DRIVER_OK.</summary>
    public void Start(ulong features, int queueSize = 64)
    {
        Negotiate(features);
        for (int i = 0; i < Registers.QueueCount; i++)
        {
            AddQueue(i, features, queueSize);
        }

        Registers.WriteStatus(0x0f);
    }

    /// <summary>As far as FEATURES_OK.</summary>
    public void Negotiate(ulong features)
    {
        Registers.WriteStatus(1);
        Registers.WriteStatus(3);
        Registers.DriverFeatures = features | VirtioFeatures.Version1;
        Registers.WriteStatus(0x0b);
        Assert.Equal(VirtioStatus.FeaturesOk, Registers.Status & VirtioStatus.FeaturesOk);
    }

    /// <summary>Puts a queue into memory and enables it.</summary>
    public RingDriver AddQueue(int queue, ulong features, int size)
    {
        var ring = RingDriver.Create(Memory, Math.Min(size, (int)Registers.ReadQueue(queue, QueueRegister.Size)), features);
        rings[queue] = ring;
        Program(queue, ring.Settings);
        return ring;
    }

    /// <summary>Writes a queue's registers and enables it.</summary>
    public void Program(int queue, VirtqueueSettings settings)
    {
        Registers.WriteQueue(queue, QueueRegister.Size, (ulong)settings.Size);
        Registers.WriteQueue(queue, QueueRegister.Descriptors, settings.Descriptors.Value);
        Registers.WriteQueue(queue, QueueRegister.Driver, settings.Driver.Value);
        Registers.WriteQueue(queue, QueueRegister.Device, settings.Device.Value);
        Registers.WriteQueue(queue, QueueRegister.Enable, 1);
    }

    /// <summary>Notifies the device.</summary>
    public void Kick(int queue) => Registers.GetDoorbell(queue).Signal();

    /// <summary>Puts a request into the ring and notifies if the device wants that.</summary>
    public ushort Submit(int queue, params ReadOnlySpan<DriverBuffer> buffers)
    {
        Assert.True(rings[queue].TrySubmit(buffers, out ushort id), "the ring is full");
        if (rings[queue].Publish())
        {
            Kick(queue);
        }

        return id;
    }

    /// <summary>Waits for the next request to come back.</summary>
    public (ushort Id, uint Written) Reap(int queue)
    {
        ushort id = 0;
        uint written = 0;
        Eventually.Holds(() => rings[queue].TryReap(out id, out written), $"a used buffer of queue {queue}");
        return (id, written);
    }

    /// <summary>Resets as a driver does: writes 0 and reads until it is there.</summary>
    public void ResetAsDriver()
    {
        Registers.WriteStatus(0);
        Eventually.Holds(() => Registers.Status == VirtioStatus.None, "status 0 after a reset");
        rings.Clear();
        Memory.Forget();
    }

    /// <summary>Runs an action on the device's loop and waits for it.</summary>
    public void OnLoop(Action action)
    {
        using var done = new ManualResetEventSlim();
        Exception? thrown = null;
        Assert.True(Loop.Post(
            () =>
            {
                try
                {
                    action();
                }
                catch (Exception exception)
                {
                    thrown = exception;
                }

                done.Set();
            },
            Device));
        done.Wait();
        Assert.Null(thrown);
    }

    /// <summary>A filled or empty buffer in guest memory.</summary>
    public DriverBuffer Buffer(int length, bool writable) => new(Memory.Allocate(length), length, writable);

    public DriverBuffer Filled(params byte[] data)
    {
        ArgumentNullException.ThrowIfNull(data);
        GuestAddress address = Memory.Allocate(data.Length);
        Memory.Write(address, data);
        return new DriverBuffer(address, data.Length, IsWritable: false);
    }

    public void Dispose()
    {
        Device.Dispose();
        foreach (DeviceLoop loop in loops)
        {
            loop.Dispose();
        }

        Memory.Dispose();
    }
}
