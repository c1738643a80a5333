using System;
using System.Collections.Generic;
using Limber.Config;
using Limber.Config.Backends;

namespace Limber.Control;

/// <summary>The memory manager of a machine whose memory stays as it is: it refuses everything.</summary>
/// <param name="baseSize">Boot memory in bytes.</param>
public sealed class NoMemory(ulong baseSize = 0) : IMemoryManager
{
    /// <inheritdoc/>
    public MemorySummary GetSummary() => new(baseSize, 0, baseSize, 0);

    /// <inheritdoc/>
    public IReadOnlyList<MemoryDeviceInfo> GetMemoryDevices() => [];

    /// <inheritdoc/>
    public IHotplugOperation PlugDimm(DimmConfig config, TimeSpan? deadline = null) => throw NoHotplug();

    /// <inheritdoc/>
    public IHotplugOperation UnplugDimm(string id, TimeSpan? deadline = null) => throw NoDevice(id);

    /// <inheritdoc/>
    public IHotplugOperation SetRequestedSize(string virtioMemDevice, ulong bytes, TimeSpan? deadline = null) => throw NoDevice(virtioMemDevice);

    /// <inheritdoc/>
    public MemoryResize Resize(ulong desiredBytes, TimeSpan? deadline = null) => throw NoHotplug();

    /// <inheritdoc/>
    public IReadOnlyList<MemoryBackendInfo> GetBackends() => [];

    /// <inheritdoc/>
    public void AddBackend(MemoryBackendConfig config) => throw NoHotplug();

    /// <inheritdoc/>
    public void RemoveBackend(string name) => throw new VmException(VmErrorCode.BackendNotFound, $"no memory backend has the name '{name}'");

    private static VmException NoHotplug() =>
        new(VmErrorCode.HotplugNotSupported, "the machine is not prepared for memory devices: its maximum memory size is its boot memory");

    private static VmException NoDevice(string id) => new(VmErrorCode.DeviceNotFound, $"Device '{id}' not found");
}
