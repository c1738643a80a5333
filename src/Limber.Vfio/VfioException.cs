using System.Runtime.InteropServices;
using Limber.Interop;

namespace Limber.Vfio;

/// <summary>A function of the host can't be passed through, or the host refused a step of it.</summary>
public sealed class VfioException : HostException
{
    /// <param name="path">The function's directory in sysfs, or another device file.</param>
    /// <param name="step">What was tried and failed.</param>
    /// <param name="errorNumber">The <c>errno</c> value, or 0 when the refusal is not the kernel's.</param>
    /// <param name="advice">What to do about it; empty when there is nothing to say.</param>
    public VfioException(string path, string step, int errorNumber = 0, string advice = "")
        : base(Compose(path, step, errorNumber, advice), null, errorNumber)
    {
    }

    internal VfioException(string message, VfioException inner)
        : base(message, inner, inner.ErrorNumber)
    {
    }

    private static string Compose(string path, string step, int errorNumber, string advice)
    {
        string reason = errorNumber == 0 ? "" : $": {Marshal.GetPInvokeErrorMessage(errorNumber)}";
        return advice.Length == 0 ? $"{path}: {step}{reason}" : $"{path}: {step}{reason}; {advice}";
    }
}
