using System;
using System.Text;

namespace Limber.VirtioConsole.Ports;

/// <summary>Which numbers and names a new port can have.</summary>
internal static class PortPlaces
{
    /// <summary>The number for a port.</summary>
    /// <param name="ports">The ports of the device, by number.</param>
    /// <param name="options">The new one.</param>
    /// <param name="device">Name of the device, for messages.</param>
    /// <exception cref="ArgumentException">The number or the name is taken or not possible.</exception>
    /// <exception cref="InvalidOperationException">All numbers are taken.</exception>
    public static int Choose(ReadOnlySpan<ConsolePort?> ports, ConsolePortOptions options, string device)
    {
        CheckName(ports, options.Name, device);
        if (options.Number is not { } wanted)
        {
            return FindFree(ports, options.IsConsole ? 0 : 1, device);
        }

        if (wanted < 0 || wanted >= ports.Length)
        {
            throw new ArgumentException($"port {wanted} is outside of 0..{ports.Length - 1} of {device}");
        }

        if (wanted == 0 && !options.IsConsole)
        {
            throw new ArgumentException($"port 0 of {device} is for a console");
        }

        return ports[wanted] is null ? wanted : throw new ArgumentException($"port {wanted} of {device} is taken");
    }

    private static int FindFree(ReadOnlySpan<ConsolePort?> ports, int first, string device)
    {
        for (int i = first; i < ports.Length; i++)
        {
            if (ports[i] is null)
            {
                return i;
            }
        }

        throw new InvalidOperationException($"{device} has no free port, of {ports.Length - first}");
    }

    private static void CheckName(ReadOnlySpan<ConsolePort?> ports, string? name, string device)
    {
        if (name is null)
        {
            return;
        }

        int length = Encoding.UTF8.GetByteCount(name);
        if (length is 0 or > ConsolePortOptions.MaximumNameLength)
        {
            throw new ArgumentException($"port name of {length} bytes on {device}: possible are 1 to {ConsolePortOptions.MaximumNameLength}");
        }

        foreach (ConsolePort? port in ports)
        {
            if (port?.Name == name)
            {
                throw new ArgumentException($"{device} has a port with the name {name}");
            }
        }
    }
}
