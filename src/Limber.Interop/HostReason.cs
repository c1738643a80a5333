using System;
using System.IO;
using System.Runtime.InteropServices;

namespace Limber.Interop;

/// <summary>Words for exceptions of the runtime: a program that is compiled ahead carries none of the runtime's own.</summary>
public static class HostReason
{
    private const int MaximumErrorNumber = 4095;

    /// <summary>Why a file could not be used, as the host says it.</summary>
    public static string Of(Exception failure)
    {
        ArgumentNullException.ThrowIfNull(failure);
        return failure switch
        {
            FileNotFoundException or DirectoryNotFoundException => Marshal.GetPInvokeErrorMessage(ErrorNumber.ENOENT),
            UnauthorizedAccessException => Marshal.GetPInvokeErrorMessage(ErrorNumber.EACCES),
            PathTooLongException => Marshal.GetPInvokeErrorMessage(ErrorNumber.ENAMETOOLONG),
            IOException { HResult: > 0 and <= MaximumErrorNumber } io => Marshal.GetPInvokeErrorMessage(io.HResult),
            _ => failure.Message,
        };
    }
}
