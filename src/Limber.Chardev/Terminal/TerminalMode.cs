using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;
using System.Threading;
using Limber.Chardev.Native;

namespace Limber.Chardev.Terminal;

/// <summary>
/// A terminal in raw mode, until it is restored. All terminals are restored when the process ends by itself; a program
/// that ends by a signal or an unhandled exception calls <see cref="RestoreAll"/> on that path.
/// </summary>
/// <remarks>
/// Thread: any. Lock order: the gate is a leaf; it is held while the terminal is set, so that a mode that is being made raw
/// on one thread while another ends the process does not stay raw.
/// </remarks>
public sealed class TerminalMode : IDisposable
{
    private static readonly Lock Gate = new();
    private static readonly List<TerminalMode> Active = [];
    private static bool registered;

    private static PosixSignalRegistration? continued;

    private readonly int descriptor;
    private readonly Termios original;
    private readonly Termios raw;

    private TerminalMode(int descriptor, Termios original, Termios raw)
    {
        this.descriptor = descriptor;
        this.original = original;
        this.raw = raw;
    }

    /// <summary>
    /// Puts a terminal in raw mode: every byte typed passes at once and unchanged, nothing is echoed. Output processing
    /// stays: other writers to the terminal, this process's messages among them, end lines with LF alone.
    /// </summary>
    /// <param name="descriptor">A file descriptor that stays open until the mode is restored.</param>
    /// <param name="keepSignals">Ctrl-C and its like still signal the process instead of being read.</param>
    /// <returns>Null when the descriptor is not a terminal or refuses.</returns>
    public static unsafe TerminalMode? TryMakeRaw(int descriptor, bool keepSignals)
    {
        lock (Gate)
        {
            Termios original;
            if (Posix.isatty(descriptor) != 1 || Posix.tcgetattr(descriptor, &original) != 0)
            {
                return null;
            }

            Termios raw = original;
            raw.MakeRaw(keepSignals);
            if (Posix.tcsetattr(descriptor, Termios.TCSANOW, &raw) != 0)
            {
                return null;
            }

            if (!registered)
            {
                AppDomain.CurrentDomain.ProcessExit += static (_, _) => RestoreAll();
                registered = true;
            }

            // Kept for the life of the process; without a terminal in raw mode it does nothing.
            continued ??= PosixSignalRegistration.Create(PosixSignal.SIGCONT, static _ => SetAllAgain());
            var mode = new TerminalMode(descriptor, original, raw);
            Active.Add(mode);
            return mode;
        }
    }

    /// <summary>Restores every terminal that is in raw mode, the one made raw last first.</summary>
    public static void RestoreAll()
    {
        lock (Gate)
        {
            while (Active.Count > 0)
            {
                Active[^1].Restore();
            }
        }
    }

    /// <summary>
    /// Makes every terminal raw again: the shell that stopped this process has given it a mode of its own. Thread: the
    /// runtime's signal thread.
    /// </summary>
    internal static unsafe void SetAllAgain()
    {
        lock (Gate)
        {
            foreach (TerminalMode mode in Active)
            {
                // A process in the background that sets its terminal is stopped for it; it is continued again in the foreground.
                if (Posix.tcgetpgrp(mode.descriptor) is int foreground && (foreground < 0 || foreground == Posix.getpgrp()))
                {
                    Termios again = mode.raw;
                    _ = Posix.tcsetattr(mode.descriptor, Termios.TCSANOW, &again);
                }
            }
        }
    }

    /// <summary>Gives the terminal the mode it had. Idempotent.</summary>
    public unsafe void Restore()
    {
        lock (Gate)
        {
            if (Active.Remove(this))
            {
                Termios saved = original;
                _ = Posix.tcsetattr(descriptor, Termios.TCSANOW, &saved);
            }
        }
    }

    /// <inheritdoc cref="Restore"/>
    public void Dispose() => Restore();
}
