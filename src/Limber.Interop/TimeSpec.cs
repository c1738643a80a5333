using System.Runtime.InteropServices;

namespace Limber.Interop;

/// <summary>C's <c>struct timespec</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct TimeSpec
{
    public long Seconds;
    public long Nanoseconds;
}
