using Limber.Interop;

namespace Limber.VirtioDevices.Net;

/// <summary>What errors of a back end mean.</summary>
internal static class NetErrors
{
    /// <summary>The tap interface was deleted.</summary>
    public const int EBADFD = 77;

    private const int EIO = 5;
    private const int ENOMEM = 12;
    private const int EMSGSIZE = 90;
    private const int ENOBUFS = 105;
    private const int ENETDOWN = 100;

    /// <summary>
    /// True when the frame is lost and the next one may pass: a header that makes no sense, no memory, an interface that is not up
    /// (a tap says EIO to those who write then).
    /// </summary>
    public static bool ConcernOneFrame(int error) =>
        error is ErrorNumber.EINVAL or EMSGSIZE or ENOMEM or ENOBUFS or EIO or ENETDOWN or ErrorNumber.E2BIG;
}
