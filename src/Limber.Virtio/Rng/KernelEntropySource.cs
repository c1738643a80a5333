using System;
using System.Runtime.InteropServices;
using Limber.Interop;

namespace Limber.Virtio.Rng;

/// <summary>The host kernel's generator, without a descriptor: what <c>/dev/urandom</c> gives.</summary>
public sealed unsafe class KernelEntropySource : IEntropySource
{
    // Up to 256 bytes getrandom is never interrupted half way.
    private const int AtOnce = 256;

    /// <inheritdoc/>
    public int Read(Span<byte> buffer)
    {
        int wanted = Math.Min(buffer.Length, AtOnce);
        fixed (byte* start = buffer)
        {
            nint count = Libc.getrandom(start, (nuint)wanted, 0);
            if (count >= 0)
            {
                return (int)count;
            }
        }

        return Marshal.GetLastPInvokeError() == ErrorNumber.EINTR ? 0 : throw HostException.FromLastError("cannot get random bytes");
    }

    /// <inheritdoc/>
    public void Dispose() { }
}
