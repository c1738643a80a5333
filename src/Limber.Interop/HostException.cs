using System;
using System.Runtime.InteropServices;

namespace Limber.Interop;

/// <summary>A system call failed.</summary>
public class HostException : Exception
{
    public HostException(string operation, int errorNumber)
        : base($"{operation}: {Marshal.GetPInvokeErrorMessage(errorNumber)}")
    {
        ErrorNumber = errorNumber;
    }

    /// <param name="message">The whole text.</param>
    /// <param name="inner">What caused it, or null.</param>
    /// <param name="errorNumber">The <c>errno</c> value, or 0.</param>
    protected HostException(string message, Exception? inner, int errorNumber)
        : base(message, inner) => ErrorNumber = errorNumber;

    /// <summary>The <c>errno</c> value; 0 where the refusal is not the kernel's.</summary>
    public int ErrorNumber { get; }

    /// <summary>The process, or the host, has no descriptors left: nothing is known about what it offers.</summary>
    public bool IsOutOfDescriptors => ErrorNumber is Interop.ErrorNumber.EMFILE or Interop.ErrorNumber.ENFILE;

    /// <summary>An exception for the call that just failed on this thread.</summary>
    public static HostException FromLastError(string operation) => new(operation, Marshal.GetLastPInvokeError());
}
