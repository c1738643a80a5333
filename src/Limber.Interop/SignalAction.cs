using System.Runtime.InteropServices;

namespace Limber.Interop;

/// <summary>glibc's <c>struct sigaction</c> on x86-64.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct SignalAction
{
    /// <summary>SIG_IGN; SIG_DFL is 0.</summary>
    public const nint Ignore = 1;

    /// <summary>SA_SIGINFO.</summary>
    public const int WithDetails = 4;

    /// <summary>SA_ONSTACK.</summary>
    public const int OnOtherStack = 0x08000000;

    /// <summary>Address of the handler.</summary>
    public nint Handler;

    /// <summary>Signals that wait while it runs.</summary>
    public SignalSet Blocked;

    /// <summary>SA_ flags.</summary>
    public int Flags;

    /// <summary>The C library's own.</summary>
    public nint Restorer;
}
