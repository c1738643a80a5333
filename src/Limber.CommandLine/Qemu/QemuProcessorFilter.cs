using Limber.Cpu;

namespace Limber.CommandLine.Qemu;

/// <summary>The processors that have the given ids; an id that was not given is any.</summary>
internal sealed record QemuProcessorFilter(int? SocketId, int? DieId, int? ModuleId, int? CoreId, int? ThreadId)
{
    public bool Matches(CpuLocation place) =>
        (SocketId ?? place.SocketId) == place.SocketId
        && (DieId ?? place.DieId) == place.DieId
        && (ModuleId ?? place.ModuleId) == place.ModuleId
        && (CoreId ?? place.CoreId) == place.CoreId
        && (ThreadId ?? place.ThreadId) == place.ThreadId;
}
