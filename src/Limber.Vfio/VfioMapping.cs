using System;
using System.Threading;

namespace Limber.Vfio;

/// <summary>A part of a device's region in this process.</summary>
/// <remarks>Disposed when the guest can't reach it any more.</remarks>
public sealed class VfioMapping : IDisposable
{
    private readonly IVfioCalls calls;
    private nint address;

    internal VfioMapping(IVfioCalls calls, nint address, VfioArea area)
    {
        this.calls = calls;
        this.address = address;
        Area = area;
    }

    /// <summary>Which part of the region.</summary>
    public VfioArea Area { get; }

    /// <summary>Address of its first byte.</summary>
    public nint Address => address;

    /// <inheritdoc/>
    public void Dispose()
    {
        nint held = Interlocked.Exchange(ref address, 0);
        if (held != 0)
        {
            calls.Unmap(held, Area.Length);
        }
    }
}
