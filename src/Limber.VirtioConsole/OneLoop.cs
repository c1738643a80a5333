using System;
using Limber.Virtio;

namespace Limber.VirtioConsole;

/// <summary>For devices that have little to do and so need no locks between their queues.</summary>
internal static class OneLoop
{
    /// <summary>The same surroundings with the first loop alone.</summary>
    public static VirtioDeviceContext Of(VirtioDeviceContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return context with { Loops = [context.Loops[0]] };
    }
}
