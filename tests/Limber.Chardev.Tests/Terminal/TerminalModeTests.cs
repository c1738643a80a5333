using System;
using Limber.Chardev.Native;
using Limber.Chardev.Terminal;
using Limber.Chardev.Tests.Support;
using Limber.Interop;

namespace Limber.Chardev.Tests.Terminal;

public sealed class TerminalModeTests : IDisposable
{
    private readonly PseudoTerminal terminal = PseudoTerminal.Open();
    private readonly FileDescriptor screen;

    public TerminalModeTests()
    {
        screen = new FileDescriptor(Libc.open(terminal.Name, Posix.O_RDWR | Posix.O_NOCTTY | Posix.O_CLOEXEC, 0));
        SetCooked(screen);
    }

    public void Dispose()
    {
        screen.Dispose();
        terminal.Dispose();
    }

    [Fact]
    public void RestoreAll_RestoresNestedModesInOrder()
    {
        Termios before = Get(screen);
        Assert.NotNull(TerminalMode.TryMakeRaw(screen.Number, keepSignals: true));
        Assert.NotNull(TerminalMode.TryMakeRaw(screen.Number, keepSignals: false));

        TerminalMode.RestoreAll();

        AssertSame(before, Get(screen));
    }

    [Fact]
    public void SetAllAgain_AfterAShellChangedTheMode_IsRawAgain()
    {
        using TerminalMode? mode = TerminalMode.TryMakeRaw(screen.Number, keepSignals: true);
        Termios raw = Get(screen);
        SetCooked(screen);

        TerminalMode.SetAllAgain();

        AssertSame(raw, Get(screen));
        mode!.Restore();
        SetCooked(screen);
        Termios cooked = Get(screen);
        TerminalMode.SetAllAgain();
        AssertSame(cooked, Get(screen));
    }

    private static void AssertSame(Termios expected, Termios actual)
    {
        Assert.Equal(expected.c_iflag, actual.c_iflag);
        Assert.Equal(expected.c_oflag, actual.c_oflag);
        Assert.Equal(expected.c_cflag, actual.c_cflag);
        Assert.Equal(expected.c_lflag, actual.c_lflag);
    }

    private static unsafe Termios Get(FileDescriptor fd)
    {
        Termios termios;
        Assert.Equal(0, Posix.tcgetattr(fd.Number, &termios));
        return termios;
    }

    private static unsafe void SetCooked(FileDescriptor fd)
    {
        Termios termios = Get(fd);
        termios.c_lflag |= Termios.ICANON | Termios.ECHO | Termios.ISIG | Termios.IEXTEN;
        termios.c_iflag |= Termios.ICRNL | Termios.IXON;
        termios.c_oflag |= Termios.OPOST;
        Assert.Equal(0, Posix.tcsetattr(fd.Number, Termios.TCSANOW, &termios));
    }
}
