using System.Runtime.InteropServices;
using Limber.Interop;

namespace Limber.Kvm;

/// <summary>The one place where a request goes to the kernel.</summary>
internal static unsafe class KvmIo
{
    /// <summary>Performs a request; repeats it when a signal interrupted it.</summary>
    /// <returns>The kernel's non-negative answer.</returns>
    /// <exception cref="KvmException">The kernel refused; the text begins with <paramref name="what"/>.</exception>
    public static int Call(FileDescriptor fd, uint request, nint argument, string what)
    {
        int result = TryCall(fd, request, argument);
        return result >= 0 ? result : throw KvmException.FromLastError(what);
    }

    /// <summary>As <see cref="Call(FileDescriptor, uint, nint, string)"/> with a structure that goes in or comes back.</summary>
    public static int Call<T>(FileDescriptor fd, uint request, ref T argument, string what)
        where T : unmanaged
    {
        fixed (T* pointer = &argument)
        {
            return Call(fd, request, (nint)pointer, what);
        }
    }

    /// <summary>Performs a request; negative when the kernel refused, with the reason left for the caller.</summary>
    public static int TryCall(FileDescriptor fd, uint request, nint argument)
    {
        while (true)
        {
            int result = Libc.ioctl(fd, request, argument);
            if (result >= 0 || Marshal.GetLastPInvokeError() != ErrorNumber.EINTR)
            {
                return result;
            }
        }
    }
}
