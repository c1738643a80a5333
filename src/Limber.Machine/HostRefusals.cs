using System;
using Limber.Control;
using Limber.Kvm;

namespace Limber.Machine;

/// <summary>What the host refuses: an error of the client's call that needed it, or the end of the machine's run, never of the process.</summary>
internal static class HostRefusals
{
    /// <summary>True for what the kernel, the guest's image or the processor model's requirements can cause; anything else is a defect.</summary>
    public static bool Includes(Exception e) =>
        e is KvmException or Interop.HostException or Boot.BootException or Cpu.CpuModelException;

    /// <summary>What the host refuses is a refusal to the client too.</summary>
    /// <exception cref="VmException">HostFailure.</exception>
    public static T OrRefuse<T>(Func<T> action)
    {
        try
        {
            return action();
        }
        catch (Exception e) when (Includes(e))
        {
            throw new VmException(VmErrorCode.HostFailure, e.Message, e);
        }
    }

    /// <inheritdoc cref="OrRefuse{T}"/>
    public static void OrRefuse(Action action) => OrRefuse(() =>
    {
        action();
        return true;
    });
}
