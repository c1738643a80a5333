using System.Collections.Generic;
using System.Text.Json.Serialization;
using Limber.Rest.Json.Devices;

namespace Limber.Rest.Json;

/// <summary>The source-generated description of every body. Members that are null are left out.</summary>
// One way to write instead of two: the other one costs code for every type, and no request waits for it.
[JsonSourceGenerationOptions(
    GenerationMode = JsonSourceGenerationMode.Metadata,
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(VmmPingResponse))]
[JsonSerializable(typeof(VmInfo))]
[JsonSerializable(typeof(VmResize))]
[JsonSerializable(typeof(VmCreateBody))]
[JsonSerializable(typeof(OperationBody[]))]
[JsonSerializable(typeof(PciDeviceInfo))]
[JsonSerializable(typeof(VmRemoveDevice))]
[JsonSerializable(typeof(VmResizeDisk))]
[JsonSerializable(typeof(VmResizeZone))]
[JsonSerializable(typeof(DiskBody))]
[JsonSerializable(typeof(NetBody))]
[JsonSerializable(typeof(FsBody))]
[JsonSerializable(typeof(PmemBody))]
[JsonSerializable(typeof(VsockBody))]
[JsonSerializable(typeof(HostDeviceBody))]
[JsonSerializable(typeof(GuestAgentBody))]
[JsonSerializable(typeof(IReadOnlyList<string>))]
[JsonSerializable(typeof(Dictionary<string, Dictionary<string, ulong>>))]
internal sealed partial class RestJsonContext : JsonSerializerContext;
