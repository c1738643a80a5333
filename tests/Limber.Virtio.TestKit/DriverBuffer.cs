using Limber.Memory;

namespace Limber.Virtio.TestKit;

/// <summary>One buffer of a request, as a driver names it.</summary>
public readonly record struct DriverBuffer(GuestAddress Address, int Length, bool IsWritable);
