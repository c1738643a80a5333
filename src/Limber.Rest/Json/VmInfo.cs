using System.Collections.Generic;

namespace Limber.Rest.Json;

/// <summary>Spec: <c>VmInfo</c>.</summary>
/// <param name="Config">What the machine is made of now.</param>
/// <param name="State"><c>Created</c>, <c>Running</c>, <c>Paused</c> or <c>Shutdown</c>.</param>
/// <param name="MemoryActualSize">Bytes.</param>
/// <param name="DeviceTree">Devices by name; null before the machine has booted.</param>
/// <param name="Limber">What this project adds; lenient clients ignore it.</param>
internal sealed record VmInfo(VmConfigBody Config, string State, ulong MemoryActualSize, SortedDictionary<string, DeviceNodeBody>? DeviceTree, LimberInfo Limber);
