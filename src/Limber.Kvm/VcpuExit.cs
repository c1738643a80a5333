namespace Limber.Kvm;

/// <summary>Why <see cref="KvmVcpu.Run"/> came back.</summary>
public enum VcpuExit
{
    /// <summary>A signal or a kick; nothing to do but look at what the machine wants.</summary>
    Interrupted,

    /// <summary>Port access; see <see cref="KvmVcpu.IoPort"/> and its neighbours.</summary>
    Io,

    /// <summary>Memory-mapped access; see <see cref="KvmVcpu.MmioAddress"/> and its neighbours.</summary>
    Mmio,

    /// <summary>The guest triple-faulted.</summary>
    Shutdown,

    /// <summary>The guest touched a page that the host can't provide: a mapped file was cut off. The access has not happened.</summary>
    MemoryFault,

    /// <summary>A halt that the kernel did not handle itself.</summary>
    Halt,

    /// <summary>The kernel could not go on (unemulated instruction, bad state); see <see cref="KvmVcpu.DescribeFailure"/>.</summary>
    Failed,
}
