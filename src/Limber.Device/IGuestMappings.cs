using System;

namespace Limber.Device;

/// <summary>Shows host memory to the guest in places that are not RAM: BARs of passed-through or persistent memory.</summary>
/// <remarks>Thread: any, also vCPU threads (a guest moves a BAR).</remarks>
public interface IGuestMappings
{
    /// <summary>
    /// Maps host pages at a guest physical address; accesses no longer reach the bus there. Dispose the result to take them
    /// away again.
    /// </summary>
    /// <param name="address">Guest physical address, page aligned, not RAM.</param>
    /// <param name="host">Address in this process, page aligned; must stay mapped as long as the result lives.</param>
    /// <param name="length">Bytes, a multiple of the page size.</param>
    /// <param name="readOnly">Guest writes go to the bus.</param>
    /// <exception cref="Interop.HostException">The host is out of memory slots, or the range overlaps another.</exception>
    IDisposable Map(ulong address, nint host, ulong length, bool readOnly);
}
