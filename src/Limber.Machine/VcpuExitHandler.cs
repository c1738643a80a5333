using System;
using Limber.Device;
using Limber.Kvm;

namespace Limber.Machine;

/// <summary>
/// What happens when a vCPU needs the VMM: the access goes to the bus, everything else to the machine.
/// </summary>
/// <remarks>Thread: vCPU threads. Allocates nothing, takes no lock of its own.</remarks>
internal sealed class VcpuExitHandler
{
    private readonly IoBus ports;
    private readonly IoBus memory;
    private readonly IGuestSignals signals;
    private readonly IDeviceLog log;
    private readonly LostPages lostPages;

    public VcpuExitHandler(IoBus ports, IoBus memory, IGuestSignals signals, IDeviceLog log, LostPages lostPages)
    {
        this.ports = ports;
        this.memory = memory;
        this.signals = signals;
        this.log = log;
        this.lostPages = lostPages;
    }

    /// <inheritdoc cref="LostPages.TryReplace"/>
    public bool TryReplaceLostPages(ref int seen) => lostPages.TryReplace(ref seen);

    /// <summary>Handles one exit; false when the vCPU must not run on before the machine has decided.</summary>
    public bool Handle(KvmVcpu vcpu, VcpuExit exit)
    {
        try
        {
            return HandleExit(vcpu, exit);
        }
        catch (Exception e)
        {
            // No device throws, whatever the guest does. If one does all the same, the machine stops, not the process.
            signals.ReportFailure($"vCPU {vcpu.ApicId}: {e.Message}");
            return false;
        }
    }

    private bool HandleExit(KvmVcpu vcpu, VcpuExit exit)
    {
        switch (exit)
        {
            case VcpuExit.Io:
                HandlePort(vcpu);
                return true;
            case VcpuExit.Mmio:
                HandleMemory(vcpu);
                return true;
            case VcpuExit.Halt:
                return true;
            case VcpuExit.Shutdown:
                signals.RequestReset();
                return false;
            default:
                signals.ReportFailure(vcpu.DescribeFailure());
                return false;
        }
    }

    private void HandlePort(KvmVcpu vcpu)
    {
        ushort port = vcpu.IoPort;
        bool write = vcpu.IoIsWrite;
        int count = vcpu.IoCount;
        for (int i = 0; i < count; i++)
        {
            Span<byte> data = vcpu.GetIoData(i);
            Count(write ? ports.Write(port, data) : ports.Read(port, data), "access to a port without a register");
        }
    }

    private void HandleMemory(KvmVcpu vcpu)
    {
        ulong address = vcpu.MmioAddress;
        Span<byte> data = vcpu.MmioData;
        Count(
            vcpu.MmioIsWrite ? memory.Write(address, data) : memory.Read(address, data),
            "access to an address without a register");
    }

    private void Count(IoStatus status, string oddity)
    {
        if (status != IoStatus.Ok)
        {
            log.GuestError("bus", oddity);
        }
    }
}
