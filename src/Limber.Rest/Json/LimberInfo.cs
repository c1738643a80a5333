using System.Collections.Generic;

namespace Limber.Rest.Json;

/// <summary>The member <c>limber</c> of <c>vm.info</c>.</summary>
/// <param name="RunState">The exact run state; <c>state</c> has no word for an internal error.</param>
/// <param name="Vcpus">Facts and wishes about processors.</param>
internal sealed record LimberInfo(string RunState, LimberVcpus Vcpus);

/// <summary>Processors.</summary>
/// <param name="Plugged">Plugged in now.</param>
/// <param name="Pending">Operations that have not ended.</param>
internal sealed record LimberVcpus(int Plugged, IReadOnlyList<OperationBody> Pending);
