using System;
using System.Runtime.InteropServices;

namespace Limber.Kvm;

/// <summary>The hypervisor refused a request or is not there.</summary>
public sealed class KvmException : Exception
{
    public KvmException(string message, int errorNumber = 0)
        : base(errorNumber == 0 ? message : $"{message}: {Marshal.GetPInvokeErrorMessage(errorNumber)}")
    {
        ErrorNumber = errorNumber;
    }

    /// <summary>The <c>errno</c> value, or 0 when the refusal is Limber's own.</summary>
    public int ErrorNumber { get; }

    internal static KvmException FromLastError(string what) => new(what, Marshal.GetLastPInvokeError());
}
