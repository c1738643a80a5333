using Limber.Memory;

namespace Limber.Boot;

/// <summary>Where the structures that the loader hands to a kernel lie in conventional memory.</summary>
/// <remarks>
/// <code>
/// 0x05000  descriptor table                      both protocols
/// 0x06000  PVH start info, module list           Pvh32
/// 0x06100  PVH memory map, 128 x 24 bytes        Pvh32
/// 0x07000  boot parameters ("zero page")         Linux64
/// 0x08000  stack, one page, grows down           both
/// 0x09000  PML4, PDPT, 4 page directories        Linux64
/// 0x20000  command line, up to 64 KiB            both
/// 0x30000  end
/// </code>
/// </remarks>
internal static class BootAreaLayout
{
    public static readonly GuestAddress Gdt = new(0x5000);
    public static readonly GuestAddress StartInfo = new(0x6000);
    public static readonly GuestAddress ModuleList = new(0x6040);
    public static readonly GuestAddress PvhMemoryMap = new(0x6100);
    public static readonly GuestAddress BootParameters = new(0x7000);
    public static readonly GuestAddress StackTop = new(0x9000);
    public static readonly GuestAddress PageTables = new(0x9000);
    public static readonly GuestAddress CommandLine = new(0x2_0000);
    public static readonly GuestAddress End = new(0x3_0000);

    /// <summary>Bytes for the command line with its terminating zero.</summary>
    public const int CommandLineCapacity = 0x1_0000;
}
