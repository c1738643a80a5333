using System;
using System.Runtime.InteropServices;

namespace Limber.Interop;

/// <summary>A system call failed.</summary>
public sealed class HostException : Exception
{
    public HostException(string operation, int errorNumber)
        : base($"{operation}: {Marshal.GetPInvokeErrorMessage(errorNumber)}")
    {
        ErrorNumber = errorNumber;
    }

    /// <summary>The <c>errno</c> value.</summary>
    public int ErrorNumber { get; }

    /// <summary>An exception for the call that just failed on this thread.</summary>
    public static HostException FromLastError(string operation) => new(operation, Marshal.GetLastPInvokeError());
}
