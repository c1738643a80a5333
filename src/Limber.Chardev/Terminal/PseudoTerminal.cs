using System;
using System.Text;
using Limber.Chardev.Native;
using Limber.Interop;

namespace Limber.Chardev.Terminal;

/// <summary>The master side of a new pseudo terminal whose slave is in raw mode.</summary>
internal sealed class PseudoTerminal : IDisposable
{
    private const int NameCapacity = 64;

    private PseudoTerminal(FileDescriptor master, string name)
    {
        Master = master;
        Name = name;
    }

    /// <summary>In non-blocking mode.</summary>
    public FileDescriptor Master { get; }

    /// <summary>Path of the slave.</summary>
    public string Name { get; }

    /// <summary>True while some process has the slave open.</summary>
    public bool HasPeer => (HostIo.Wait(Master, 0, null, 0) & Posix.POLLHUP) == 0;

    /// <exception cref="HostException">The host has no pseudo terminals left.</exception>
    public static PseudoTerminal Open()
    {
        int fd = Posix.posix_openpt(Posix.O_RDWR | Posix.O_NOCTTY | Posix.O_CLOEXEC);
        if (fd < 0)
        {
            throw HostException.FromLastError("cannot open a pseudo terminal");
        }

        var master = new FileDescriptor(fd);
        try
        {
            if (Posix.grantpt(master) != 0 || Posix.unlockpt(master) != 0 || Posix.fcntl(master, Posix.F_SETFL, Posix.O_NONBLOCK) != 0)
            {
                throw HostException.FromLastError("cannot prepare a pseudo terminal");
            }

            var terminal = new PseudoTerminal(master, ReadName(master));
            terminal.MakeRaw();
            terminal.HangUpOnce();
            return terminal;
        }
        catch
        {
            master.Dispose();
            throw;
        }
    }

    /// <summary>Makes every byte pass at once and unchanged, in both directions and without echo.</summary>
    public unsafe void MakeRaw()
    {
        // The line discipline belongs to the pair, so the master's descriptor reaches it.
        Termios termios;
        if (Posix.tcgetattr(Master.Number, &termios) == 0)
        {
            termios.MakeRaw(keepSignals: false);
            termios.c_oflag &= ~Termios.OPOST;
            _ = Posix.tcsetattr(Master.Number, Termios.TCSANOW, &termios);
        }
    }

    public void Dispose() => Master.Dispose();

    private static unsafe string ReadName(FileDescriptor master)
    {
        Span<byte> name = stackalloc byte[NameCapacity];
        fixed (byte* pointer = name)
        {
            int error = Posix.ptsname_r(master, pointer, NameCapacity);
            return error == 0
                ? Encoding.ASCII.GetString(name[..name.IndexOf((byte)0)])
                : throw new HostException("cannot name a pseudo terminal", error);
        }
    }

    // Before a slave was ever opened, the kernel does not report that nobody is there: open and close it once.
    private void HangUpOnce()
    {
        int slave = Libc.open(Name, Posix.O_RDWR | Posix.O_NOCTTY | Posix.O_CLOEXEC, 0);
        if (slave >= 0)
        {
            _ = Libc.close(slave);
        }
    }
}
