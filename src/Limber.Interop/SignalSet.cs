using System.Runtime.InteropServices;

namespace Limber.Interop;

/// <summary>glibc's <c>sigset_t</c>: 1024 bits, of which the kernel uses the first 64 (bit N-1 is signal N).</summary>
[StructLayout(LayoutKind.Sequential)]
public unsafe struct SignalSet
{
    /// <summary>Size of the part the kernel knows, in bytes.</summary>
    public const int KernelSize = 8;

    private fixed ulong words[16];

    /// <summary>The bits of signals 1..64.</summary>
    public ulong KernelBits
    {
        readonly get => words[0];
        set => words[0] = value;
    }

    /// <summary>A set of one signal.</summary>
    public static SignalSet Of(int signal)
    {
        SignalSet set = default;
        set.KernelBits = 1UL << (signal - 1);
        return set;
    }
}
