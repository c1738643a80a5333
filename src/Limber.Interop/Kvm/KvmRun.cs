namespace Limber.Interop.Kvm;

/// <summary>
/// Offsets, in bytes, into the page that a vCPU shares with the kernel (<c>struct kvm_run</c>).
/// <code>
///   0 request_interrupt_window   1 immediate_exit      8 exit_reason (u32)
///  32 union, by exit_reason:
///     KVM_EXIT_IO    32 direction (u8; 1 = out)  33 size (u8)  34 port (u16)  36 count (u32)  40 data_offset (u64)
///     KVM_EXIT_MMIO  32 phys_addr (u64)  40 data (8 bytes)  48 len (u32)  52 is_write (u8)
/// </code>
/// </summary>
public static class KvmRun
{
    public const int ImmediateExit = 1;
    public const int ExitReason = 8;

    public const int IoDirection = 32;
    public const int IoSize = 33;
    public const int IoPort = 34;
    public const int IoCount = 36;
    public const int IoDataOffset = 40;
    public const byte IoDirectionOut = 1;

    public const int MmioAddress = 32;
    public const int MmioData = 40;
    public const int MmioLength = 48;
    public const int MmioIsWrite = 52;

    public const int FailEntryReason = 32;
    public const int InternalSuberror = 32;
    public const int SystemEventType = 32;
}
