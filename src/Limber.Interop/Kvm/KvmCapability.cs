namespace Limber.Interop.Kvm;

/// <summary>Capability numbers of <c>linux/kvm.h</c>, in its spelling.</summary>
public static class KvmCapability
{
    public const int KVM_CAP_NR_VCPUS = 9;
    public const int KVM_CAP_MAX_VCPUS = 66;
    public const int KVM_CAP_MAX_VCPU_ID = 128;
    public const int KVM_CAP_TSC_DEADLINE_TIMER = 72;
    public const int KVM_CAP_IRQCHIP = 0;
    public const int KVM_CAP_USER_MEMORY = 3;
    public const int KVM_CAP_PIT2 = 33;
    public const int KVM_CAP_IRQ_ROUTING = 25;
    public const int KVM_CAP_IRQFD = 32;
    public const int KVM_CAP_IOEVENTFD = 36;
    public const int KVM_CAP_READONLY_MEM = 81;
    public const int KVM_CAP_IOEVENTFD_ANY_LENGTH = 122;
    public const int KVM_CAP_X2APIC_API = 129;
    public const int KVM_CAP_IMMEDIATE_EXIT = 136;
    public const int KVM_CAP_NR_MEMSLOTS = 10;
    public const int KVM_CAP_SET_TSS_ADDR = 4;
    public const int KVM_CAP_SET_IDENTITY_MAP_ADDR = 37;
    public const int KVM_CAP_XSAVE = 55;
    public const int KVM_CAP_XCRS = 56;
    public const int KVM_CAP_VCPU_EVENTS = 41;
    public const int KVM_CAP_DEBUGREGS = 50;
    public const int KVM_CAP_MP_STATE = 14;
    public const int KVM_CAP_EXT_CPUID = 7;
    public const int KVM_CAP_KVMCLOCK_CTRL = 76;
    public const int KVM_CAP_GET_TSC_KHZ = 61;
}
