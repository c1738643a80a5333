using System.Collections.Immutable;
using Limber.Config.Backends;
using Limber.Config.Devices;
using Limber.Interop;

namespace Limber.Machine;

/// <summary>
/// Descriptors of a tap that a card is made of without a named backend. The card gets copies, so that those that were given remain the
/// giver's until the card is there, however far its plug has come, and are closed once and by one party.
/// </summary>
internal static class TapDescriptors
{
    // <fcntl.h>
    private const int F_DUPFD_CLOEXEC = 1030;

    /// <summary>A backend of copies, for the card to take its own of; null where a connection has no descriptors.</summary>
    /// <exception cref="HostException">One is not open, or the host has no descriptors left.</exception>
    /// <exception cref="Control.VmException">One is no tap.</exception>
    public static NetBackend? OpenCopies(NetBackendConfig? connection)
    {
        if (connection is not TapBackendConfig { Descriptors.IsEmpty: false } tap)
        {
            return null;
        }

        ImmutableArray<int>.Builder copies = ImmutableArray.CreateBuilder<int>(tap.Descriptors.Length);
        try
        {
            foreach (int descriptor in tap.Descriptors)
            {
                int copy = Libc.fcntl(descriptor, F_DUPFD_CLOEXEC, 0);
                copies.Add(copy >= 0 ? copy : throw HostException.FromLastError($"cannot copy descriptor {descriptor}"));
            }

            return NetBackend.Open(tap with { Descriptors = copies.ToImmutable() });
        }
        catch
        {
            // What is refused is not taken.
            Close(copies.ToImmutable());
            throw;
        }
    }

    /// <summary>A card is there: what it was made of is the machine's, which has its copies.</summary>
    public static void Take(DeviceConfig config)
    {
        if (config is NetDeviceConfig { Connection: TapBackendConfig tap })
        {
            Close(tap.Descriptors);
        }
    }

    private static void Close(ImmutableArray<int> descriptors)
    {
        foreach (int descriptor in descriptors)
        {
            new FileDescriptor(descriptor).Dispose();
        }
    }
}
