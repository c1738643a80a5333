using System;
using System.Collections.Generic;
using System.Threading;

namespace Limber.Chardev.Terminal;

/// <summary>
/// A terminal in raw mode, until it is restored. All terminals are restored when the process ends by itself; a program
/// that ends by a signal or an unhandled exception calls <see cref="RestoreAll"/> on that path.
/// </summary>
/// <remarks>Thread: any.</remarks>
public sealed class TerminalMode : IDisposable
{
    private static readonly Lock Gate = new();
    private static readonly List<TerminalMode> Active = [];

    private readonly int descriptor;
    private readonly Termios original;

    private TerminalMode(int descriptor, Termios original)
    {
        this.descriptor = descriptor;
        this.original = original;
    }

    /// <summary>
    /// Puts a terminal in raw mode: every byte passes at once and unchanged, nothing is echoed.
    /// </summary>
    /// <param name="descriptor">A file descriptor.</param>
    /// <param name="keepSignals">Ctrl-C and its like still signal the process instead of reaching the guest.</param>
    /// <returns>Null when the descriptor is not a terminal.</returns>
    public static unsafe TerminalMode? TryMakeRaw(int descriptor, bool keepSignals)
    {
        Termios original;
        if (TerminalNative.isatty(descriptor) != 1 || TerminalNative.tcgetattr(descriptor, &original) != 0)
        {
            return null;
        }

        Termios raw = original;
        raw.c_iflag &= ~(Termios.BRKINT | Termios.ICRNL | Termios.INPCK | Termios.ISTRIP | Termios.INLCR | Termios.IGNCR | Termios.IXON);
        raw.c_lflag &= ~(Termios.ECHO | Termios.ECHONL | Termios.ICANON | Termios.IEXTEN | (keepSignals ? 0 : Termios.ISIG));

        // Output processing stays: other writers to the terminal, this process's messages among them, end lines with LF alone.
        var mode = new TerminalMode(descriptor, original);
        lock (Gate)
        {
            if (Active.Count == 0)
            {
                AppDomain.CurrentDomain.ProcessExit += static (_, _) => RestoreAll();
            }

            Active.Add(mode);
        }

        _ = TerminalNative.tcsetattr(descriptor, Termios.TCSANOW, &raw);
        return mode;
    }

    /// <summary>Restores every terminal that is in raw mode.</summary>
    public static void RestoreAll()
    {
        TerminalMode[] modes;
        lock (Gate)
        {
            modes = [.. Active];
        }

        foreach (TerminalMode mode in modes)
        {
            mode.Dispose();
        }
    }

    /// <summary>Restores the terminal. Idempotent.</summary>
    public unsafe void Dispose()
    {
        lock (Gate)
        {
            if (!Active.Remove(this))
            {
                return;
            }
        }

        Termios saved = original;
        _ = TerminalNative.tcsetattr(descriptor, Termios.TCSANOW, &saved);
    }
}
