namespace Limber.Cpu;

/// <summary>
/// Where one logical CPU sits. Every id counts from 0 within the level above it, as a management
/// client writes them in <c>device_add</c>.
/// </summary>
public readonly record struct CpuLocation(int SocketId, int DieId, int ModuleId, int CoreId, int ThreadId);
