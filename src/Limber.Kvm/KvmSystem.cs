using System;
using System.Runtime.InteropServices;
using Limber.Cpu;
using Limber.Interop;
using Limber.Interop.Kvm;

namespace Limber.Kvm;

/// <summary>The host's hypervisor: <c>/dev/kvm</c>. Thread: any.</summary>
public sealed unsafe class KvmSystem : IDisposable
{
    private const int ExpectedApiVersion = 12;
    private const int MaximumCpuidEntries = 256;

    private static readonly (int Capability, string Name)[] Required =
    [
        (KvmCapability.KVM_CAP_IRQCHIP, "KVM_CAP_IRQCHIP"),
        (KvmCapability.KVM_CAP_USER_MEMORY, "KVM_CAP_USER_MEMORY"),
        (KvmCapability.KVM_CAP_SET_TSS_ADDR, "KVM_CAP_SET_TSS_ADDR"),
        (KvmCapability.KVM_CAP_EXT_CPUID, "KVM_CAP_EXT_CPUID"),
        (KvmCapability.KVM_CAP_MP_STATE, "KVM_CAP_MP_STATE"),
        (KvmCapability.KVM_CAP_PIT2, "KVM_CAP_PIT2"),
        (KvmCapability.KVM_CAP_SET_IDENTITY_MAP_ADDR, "KVM_CAP_SET_IDENTITY_MAP_ADDR"),
        (KvmCapability.KVM_CAP_VCPU_EVENTS, "KVM_CAP_VCPU_EVENTS"),
        (KvmCapability.KVM_CAP_XSAVE, "KVM_CAP_XSAVE"),
        (KvmCapability.KVM_CAP_IMMEDIATE_EXIT, "KVM_CAP_IMMEDIATE_EXIT"),
        (KvmCapability.KVM_CAP_IRQ_ROUTING, "KVM_CAP_IRQ_ROUTING"),
        (KvmCapability.KVM_CAP_IRQFD, "KVM_CAP_IRQFD"),
        (KvmCapability.KVM_CAP_IOEVENTFD, "KVM_CAP_IOEVENTFD"),
        (KvmCapability.KVM_CAP_READONLY_MEM, "KVM_CAP_READONLY_MEM"),
    ];

    private readonly FileDescriptor fd;

    private KvmSystem(FileDescriptor fd) => this.fd = fd;

    /// <summary>How many vCPUs one machine may have.</summary>
    public int MaxVcpus => Math.Max(CheckExtension(KvmCapability.KVM_CAP_MAX_VCPUS), 1);

    /// <summary>How many vCPUs the kernel recommends at most.</summary>
    public int RecommendedVcpus => Math.Max(CheckExtension(KvmCapability.KVM_CAP_NR_VCPUS), 1);

    /// <summary>APIC ids must be below this.</summary>
    public int MaxVcpuId
    {
        get
        {
            int limit = CheckExtension(KvmCapability.KVM_CAP_MAX_VCPU_ID);
            return limit > 0 ? limit : MaxVcpus;
        }
    }

    /// <summary>True when the in-kernel local APIC offers the TSC deadline timer.</summary>
    public bool HasTscDeadlineTimer => CheckExtension(KvmCapability.KVM_CAP_TSC_DEADLINE_TIMER) > 0;

    /// <summary>True when APIC ids may be 255 and more (<see cref="KvmVm.EnableX2ApicIds"/>).</summary>
    public bool HasX2ApicIds
    {
        get
        {
            const int needed = (int)(kvm_enable_cap.KVM_X2APIC_API_USE_32BIT_IDS | kvm_enable_cap.KVM_X2APIC_API_DISABLE_BROADCAST_QUIRK);
            return (CheckExtension(KvmCapability.KVM_CAP_X2APIC_API) & needed) == needed;
        }
    }

    /// <summary>How many global system interrupts can have a route.</summary>
    public int MaxInterruptRoutes => CheckExtension(KvmCapability.KVM_CAP_IRQ_ROUTING);

    /// <summary>How many memory slots one machine may have.</summary>
    public int MaxMemorySlots => Math.Max(CheckExtension(KvmCapability.KVM_CAP_NR_MEMSLOTS), 32);

    /// <summary>True when a write of any width can signal an event.</summary>
    public bool HasAnyLengthDoorbells => CheckExtension(KvmCapability.KVM_CAP_IOEVENTFD_ANY_LENGTH) > 0;

    /// <summary>Bytes that each vCPU shares with the kernel.</summary>
    internal int VcpuMappingSize => KvmIo.Call(fd, KvmIoctl.KVM_GET_VCPU_MMAP_SIZE, 0, "cannot learn the size of the vCPU mapping");

    /// <summary>Opens the hypervisor and checks that it has what every machine needs.</summary>
    /// <exception cref="KvmException">It is absent, may not be opened, or lacks something; the text names what.</exception>
    public static KvmSystem Open(string path = "/dev/kvm")
    {
        int number = Libc.open(path, Libc.O_RDWR | Libc.O_CLOEXEC, 0);
        if (number < 0)
        {
            throw KvmException.FromLastError($"cannot open {path}");
        }

        var system = new KvmSystem(new FileDescriptor(number));
        try
        {
            system.CheckUsable(path);
            return system;
        }
        catch
        {
            system.Dispose();
            throw;
        }
    }

    /// <summary>The CPUID leaves the host can give a guest (KVM_GET_SUPPORTED_CPUID).</summary>
    public CpuidEntry[] GetSupportedCpuid()
    {
        byte* buffer = stackalloc byte[8 + (MaximumCpuidEntries * sizeof(kvm_cpuid_entry2))];
        *(ulong*)buffer = MaximumCpuidEntries;
        _ = KvmIo.Call(fd, KvmIoctl.KVM_GET_SUPPORTED_CPUID, (nint)buffer, "cannot learn the supported CPUID leaves");
        int count = (int)*(uint*)buffer;
        var entries = new CpuidEntry[count];
        var source = (kvm_cpuid_entry2*)(buffer + 8);
        for (int i = 0; i < count; i++)
        {
            entries[i] = new CpuidEntry(
                source[i].function, source[i].index, source[i].flags, source[i].eax, source[i].ebx, source[i].ecx, source[i].edx);
        }

        return entries;
    }

    /// <summary>Creates an empty virtual machine.</summary>
    /// <exception cref="KvmException">The kernel refused.</exception>
    public KvmVm CreateVm()
    {
        int number = KvmIo.Call(fd, KvmIoctl.KVM_CREATE_VM, 0, "cannot create a virtual machine");
        return new KvmVm(this, new FileDescriptor(number));
    }

    /// <summary>Closes the descriptor; machines that were created stay.</summary>
    public void Dispose() => fd.Dispose();

    private int CheckExtension(int capability) => KvmIo.TryCall(fd, KvmIoctl.KVM_CHECK_EXTENSION, capability);

    private void CheckUsable(string path)
    {
        int version = KvmIo.TryCall(fd, KvmIoctl.KVM_GET_API_VERSION, 0);
        if (version < 0)
        {
            throw new KvmException($"{path} is not the KVM device", Marshal.GetLastPInvokeError());
        }

        if (version != ExpectedApiVersion)
        {
            throw new KvmException($"{path} has API version {version}, and {ExpectedApiVersion} is needed");
        }

        foreach ((int capability, string name) in Required)
        {
            if (CheckExtension(capability) <= 0)
            {
                throw new KvmException($"the host's KVM lacks {name}");
            }
        }
    }
}
