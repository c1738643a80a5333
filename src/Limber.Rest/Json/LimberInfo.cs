using System.Collections.Generic;

namespace Limber.Rest.Json;

/// <summary>The member <c>limber</c> of <c>vm.info</c>.</summary>
/// <param name="RunState">The exact run state; <c>state</c> has no word for an internal error.</param>
/// <param name="Vcpus">Facts and wishes about processors.</param>
/// <param name="Memory">The same about memory.</param>
internal sealed record LimberInfo(string RunState, LimberVcpus Vcpus, LimberMemory Memory);

/// <summary>Processors.</summary>
/// <param name="Plugged">Plugged in now.</param>
/// <param name="Pending">Operations that have not ended, but for those on memory.</param>
internal sealed record LimberVcpus(int Plugged, IReadOnlyList<OperationBody> Pending);

/// <summary>Memory; sizes in bytes.</summary>
/// <param name="Base">Boot memory.</param>
/// <param name="Plugged">What memory devices give the guest now.</param>
/// <param name="Maximum">Both together at most.</param>
/// <param name="Slots">DIMM slots.</param>
/// <param name="Devices">By address.</param>
/// <param name="Pending">Operations on memory that have not ended.</param>
internal sealed record LimberMemory(
    ulong Base, ulong Plugged, ulong Maximum, int Slots, IReadOnlyList<MemoryDeviceBody> Devices, IReadOnlyList<OperationBody> Pending);
