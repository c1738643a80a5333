using System;
using Limber.Interop;

namespace Limber.Machine;

/// <summary>Words for what failed because the host has nothing left of a kind: the call alone would not say for what it was made.</summary>
internal static class HostShortage
{
    /// <summary>The message of a failure, which names the device or port where it is about descriptors or threads.</summary>
    public static string Describe(Exception failure, string name) =>
        (failure as HostException ?? failure.InnerException as HostException) is { } host && (host.IsOutOfDescriptors || host.ErrorNumber == ErrorNumber.EAGAIN)
            ? $"'{name}': {failure.Message}"
            : failure.Message;
}
