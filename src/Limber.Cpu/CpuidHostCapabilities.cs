namespace Limber.Cpu;

/// <summary>What the host offers besides the leaves that KVM_GET_SUPPORTED_CPUID lists.</summary>
public sealed record CpuidHostCapabilities
{
    /// <summary>KVM_CAP_TSC_DEADLINE_TIMER: the in-kernel local APIC has the TSC-deadline mode.</summary>
    public bool TscDeadlineTimer { get; init; }

    /// <summary>Frequency of the guest's TSC in kHz, 0 if unknown (KVM_GET_TSC_KHZ).</summary>
    public uint TscKhz { get; init; }

    /// <summary>
    /// Interrupt routing understands 15-bit destination ids in MSI addresses, so a guest may use more
    /// than 255 CPUs without interrupt remapping.
    /// </summary>
    public bool MsiExtendedDestinationId { get; init; }

    /// <summary>Brand string of the host, for when KVM does not list leaves 0x80000002 to 0x80000004.</summary>
    public string? BrandString { get; init; }

    /// <summary>Nothing is known.</summary>
    public static CpuidHostCapabilities None { get; } = new();
}
