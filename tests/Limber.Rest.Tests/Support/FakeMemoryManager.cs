using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using Limber.Config;
using Limber.Config.Backends;
using Limber.Control;

namespace Limber.Rest.Tests.Support;

/// <summary>Memory of a machine in memory: growing adds a DIMM at once, shrinking is up to the test.</summary>
internal sealed class FakeMemoryManager : IMemoryManager
{
    private const ulong FirstAddress = 4UL << 30;

    private readonly List<MemoryDeviceInfo> devices = [];

    public ulong BaseSize { get; init; } = 512 << 20;

    /// <summary>Zero for a machine whose memory stays as it is.</summary>
    public ulong HotplugSize { get; init; }

    /// <summary>How much more than asked for remains after a shrinking.</summary>
    public ulong Remainder { get; init; }

    /// <summary>What a resize does with the operations it begins.</summary>
    public OperationState FirstState { get; init; } = OperationState.Notified;

    public Exception? NextFailure { get; set; }

    public List<string> Calls { get; } = [];

    public List<FakeOperation> Operations { get; } = [];

    public void Add(MemoryDeviceInfo device) => devices.Add(device);

    public MemorySummary GetSummary() => new(
        BaseSize, devices.Aggregate(0UL, static (sum, device) => sum + device.Size), BaseSize + HotplugSize, (int)(HotplugSize / DimmConfig.Granule));

    public IReadOnlyList<MemoryDeviceInfo> GetMemoryDevices() => [.. devices];

    public MemoryResize Resize(ulong desiredBytes, TimeSpan? deadline = null)
    {
        Calls.Add(string.Create(CultureInfo.InvariantCulture, $"memory {desiredBytes}") + (deadline is { } time ? $" within {time.TotalSeconds}" : ""));
        if (NextFailure is { } failure)
        {
            NextFailure = null;
            throw failure;
        }

        if (HotplugSize == 0)
        {
            throw new VmException(VmErrorCode.HotplugNotSupported, "the memory stays as it is");
        }

        ulong now = GetSummary().TotalSize;
        if (desiredBytes == now)
        {
            return new MemoryResize(desiredBytes, now, []);
        }

        if (desiredBytes > now)
        {
            devices.Add(new MemoryDeviceInfo
            {
                Id = null,
                Path = $"/machine/peripheral-anon/device[{devices.Count}]",
                Kind = MemoryDeviceKind.Dimm,
                Address = FirstAddress + now - BaseSize,
                Size = desiredBytes - now,
                MaximumSize = desiredBytes - now,
                Node = 0,
                Slot = devices.Count,
            });
            return new MemoryResize(desiredBytes, desiredBytes, [Begin(OperationKind.MemoryPlug)]);
        }

        return new MemoryResize(desiredBytes, desiredBytes + Remainder, [Begin(OperationKind.MemoryUnplug)]);
    }

    public IHotplugOperation PlugDimm(DimmConfig config, TimeSpan? deadline = null) => throw new NotSupportedException();

    public IHotplugOperation UnplugDimm(string id, TimeSpan? deadline = null) => throw new NotSupportedException();

    public IHotplugOperation SetRequestedSize(string virtioMemDevice, ulong bytes, TimeSpan? deadline = null)
    {
        Calls.Add(string.Create(CultureInfo.InvariantCulture, $"{virtioMemDevice} {bytes}") + (deadline is { } time ? $" within {time.TotalSeconds}" : ""));
        return Begin(OperationKind.MemoryResize);
    }

    public IReadOnlyList<MemoryBackendInfo> GetBackends() => [];

    public void AddBackend(MemoryBackendConfig config) => throw new NotSupportedException();

    public void RemoveBackend(string name) => throw new NotSupportedException();

    private FakeOperation Begin(OperationKind kind)
    {
        FakeOperation operation = new(new OperationSnapshot
        {
            Id = 100 + Operations.Count,
            Kind = kind,
            State = OperationState.Notified,
            CpuIndex = -1,
            Target = devices.Count > 0 ? devices[^1].Path : "",
            RequestedAt = DateTimeOffset.UnixEpoch,
        });
        Operations.Add(operation);
        if (FirstState != OperationState.Notified)
        {
            operation.MoveTo(FirstState);
        }

        return operation;
    }
}
