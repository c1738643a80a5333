using System;
using System.IO;
using System.Text;
using Limber.Interop;
using Microsoft.Win32.SafeHandles;

namespace Limber.Chardev.Terminal;

/// <summary>The master side of a new pseudo terminal whose slave is in raw mode.</summary>
internal sealed class PseudoTerminal : IDisposable
{
    private readonly SafeFileHandle master;

    private PseudoTerminal(SafeFileHandle master, string name)
    {
        this.master = master;
        Name = name;
    }

    /// <summary>Path of the slave.</summary>
    public string Name { get; }

    /// <summary>True while some process has the slave open.</summary>
    public bool HasPeer => (Poll(0, 0) & TerminalNative.POLLHUP) == 0;

    /// <exception cref="HostException">The host has no pseudo terminals left.</exception>
    public static unsafe PseudoTerminal Open()
    {
        int fd = TerminalNative.posix_openpt(TerminalNative.O_RDWR | TerminalNative.O_NOCTTY | TerminalNative.O_CLOEXEC);
        if (fd < 0)
        {
            throw HostException.FromLastError("cannot open a pseudo terminal");
        }

        var master = new SafeFileHandle(fd, ownsHandle: true);
        byte* name = stackalloc byte[64];
        if (TerminalNative.grantpt(fd) != 0 || TerminalNative.unlockpt(fd) != 0 || TerminalNative.ptsname_r(fd, name, 64) != 0)
        {
            HostException failure = HostException.FromLastError("cannot prepare a pseudo terminal");
            master.Dispose();
            throw failure;
        }

        // The line discipline belongs to the pair, so the master's descriptor reaches it.
        Termios termios;
        _ = TerminalNative.tcgetattr(fd, &termios);
        termios.c_iflag = 0;
        termios.c_oflag &= ~Termios.OPOST;
        termios.c_lflag = 0;
        _ = TerminalNative.tcsetattr(fd, Termios.TCSANOW, &termios);
        var span = new ReadOnlySpan<byte>(name, 64);
        var terminal = new PseudoTerminal(master, Encoding.ASCII.GetString(span[..span.IndexOf((byte)0)]));
        terminal.HangUpOnce();
        return terminal;
    }

    /// <summary>Waits for input, a peer that leaves, or the time; true when there is input.</summary>
    public bool WaitInput(int milliseconds) => (Poll(TerminalNative.POLLIN, milliseconds) & TerminalNative.POLLIN) != 0;

    /// <summary>Waits until a write does not block; false when nobody is there to read, or the time is over.</summary>
    public bool WaitOutput(int milliseconds)
    {
        short returned = Poll(TerminalNative.POLLOUT, milliseconds);
        return (returned & TerminalNative.POLLHUP) == 0 && (returned & TerminalNative.POLLOUT) != 0;
    }

    public int Read(Span<byte> buffer)
    {
        try
        {
            return RandomAccess.Read(master, buffer, 0);
        }
        catch (IOException)
        {
            return 0;
        }
    }

    public void Write(ReadOnlySpan<byte> data) => RandomAccess.Write(master, data, 0);

    public void Dispose() => master.Dispose();

    // Before a slave was ever opened, the kernel does not report that nobody is there: open and close it once.
    private void HangUpOnce()
    {
        int slave = Libc.open(Name, TerminalNative.O_RDWR | TerminalNative.O_NOCTTY | TerminalNative.O_CLOEXEC, 0);
        if (slave >= 0)
        {
            _ = Libc.close(slave);
        }
    }

    private unsafe short Poll(short events, int milliseconds)
    {
        bool held = false;
        try
        {
            master.DangerousAddRef(ref held);
            PollDescriptor descriptor = new() { Descriptor = (int)master.DangerousGetHandle(), Events = events };
            return TerminalNative.poll(&descriptor, 1, milliseconds) > 0 ? descriptor.Returned : (short)0;
        }
        finally
        {
            if (held)
            {
                master.DangerousRelease();
            }
        }
    }
}
