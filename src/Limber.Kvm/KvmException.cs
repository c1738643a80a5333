using System.Runtime.InteropServices;
using Limber.Interop;

namespace Limber.Kvm;

/// <summary>The hypervisor refused a request or is not there.</summary>
public sealed class KvmException : HostException
{
    public KvmException(string message, int errorNumber = 0)
        : base(errorNumber == 0 ? message : $"{message}: {Marshal.GetPInvokeErrorMessage(errorNumber)}", null, errorNumber)
    {
    }

    internal static new KvmException FromLastError(string what) => new(what, Marshal.GetLastPInvokeError());
}
