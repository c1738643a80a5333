using System;
using System.Text;
using Limber.Chardev.Native;
using Limber.Interop;

namespace Limber.Chardev.Terminal;

/// <summary>Messages to the user, without the class library's console.</summary>
/// <remarks>
/// That one, before its first byte, switches a terminal's cursor keys to the application's mode, and leaves it so: the guest
/// at a serial console and the shell after the end would get other bytes for them than the user's terminal is set to send.
/// Thread: any; a line is one write, so that lines do not mix.
/// </remarks>
public static class StandardStreams
{
    private const int Output = 1;
    private const int Error = 2;

    /// <summary>Writes a line to standard output. Where it can't be written it is lost.</summary>
    public static void WriteOutputLine(string line) => WriteLine(Output, line);

    /// <summary>Writes a line to standard error. Where it can't be written it is lost.</summary>
    public static void WriteErrorLine(string line) => WriteLine(Error, line);

    private static void WriteLine(int number, string line)
    {
        using FileDescriptor stream = StdioChannel.Duplicate(number);
        ReadOnlySpan<byte> rest = Encoding.UTF8.GetBytes(line + "\n");
        while (!rest.IsEmpty)
        {
            int count = HostIo.Write(stream, rest);
            if (count == -Posix.EAGAIN)
            {
                // Another process made it non-blocking.
                _ = HostIo.Wait(stream, Posix.POLLOUT, null, -1);
            }
            else if (count <= 0)
            {
                return;
            }
            else
            {
                rest = rest[count..];
            }
        }
    }
}
