using System;
using System.Diagnostics;
using System.IO;
using System.Text;
using System.Threading;
using Limber.Chardev.Monitors;
using Limber.Chardev.Native;
using Limber.Chardev.Serial;
using Limber.Chardev.Terminal;
using Limber.Chardev.Tests.Support;
using Limber.Config;
using Limber.Device;
using Limber.Interop;
using static Limber.Chardev.Tests.Support.FakeFrontend;

namespace Limber.Chardev.Tests;

public sealed class TerminalTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void TerminalMode_RawThenRestored_IsAsBefore(bool keepSignals)
    {
        using PseudoTerminal pty = PseudoTerminal.Open();
        using FileDescriptor slave = OpenSlave(pty.Name);
        SetFlags(slave.Number, Termios.ICRNL | Termios.IXON, Termios.ICANON | Termios.ECHO | Termios.ISIG | Termios.IEXTEN);
        byte[] before = Snapshot(slave.Number);
        TerminalMode mode = TerminalMode.TryMakeRaw(slave.Number, keepSignals)!;
        (uint input, uint local) = Flags(slave.Number);
        Assert.Equal(0u, input & (Termios.ICRNL | Termios.IXON));
        Assert.Equal(keepSignals ? Termios.ISIG : 0, local & (Termios.ICANON | Termios.ECHO | Termios.ISIG | Termios.IEXTEN));
        TerminalMode.RestoreAll();
        Assert.Equal(before, Snapshot(slave.Number));
        SetFlags(slave.Number, 0, 0);
        byte[] later = Snapshot(slave.Number);
        mode.Restore();
        mode.Dispose();
        Assert.Equal(later, Snapshot(slave.Number));
    }

    [Fact]
    public void TryMakeRaw_NoTerminal_IsNull()
    {
        (FileDescriptor reader, FileDescriptor writer) = TestPlace.Pipe();
        using (reader)
        using (writer)
        {
            Assert.Null(TerminalMode.TryMakeRaw(reader.Number, keepSignals: true));
        }
    }

    [Fact]
    public void Pty_ClosedAndReopened_StillWorksAndIsRawAgain()
    {
        string? line = null;
        var frontend = new FakeFrontend();
        using ICharacterBackend backend = CharacterBackends.Create(new ChardevConfig.Pty(), new() { Label = "serial1", Announce = l => line = l });
        string name = ((PtyBackend)backend).Name;
        int master = ((PtyBackend)backend).Terminal.Master.Number;
        Assert.Equal($"char device redirected to {name} (label serial1)", line);
        backend.Start(frontend);
        for (int i = 0; i < 20; i++)
        {
            // Nobody has it open: dropped by the writer thread, not kept for the next peer.
            Eventually(() => backend.Write(new byte[10_000]) == 10_000, "room");
        }

        Eventually(() => backend.Write(new byte[65_536]) == 65_536, "an empty buffer");
        Eventually(() => backend.Write(new byte[65_536]) == 65_536, "an empty buffer again");
        Thread.Sleep(50);
        for (int i = 0; i < 3; i++)
        {
            using (FileDescriptor slave = OpenSlave(name))
            {
                string text = $"in {i}\r\n\u0003";
                Assert.Equal(text.Length, HostIo.Write(slave, Encoding.Latin1.GetBytes(text)));
                Eventually(() => frontend.Received.EndsWith(text, StringComparison.Ordinal), text);
                backend.Write("out\n"u8);
                byte[] answer = new byte[10];
                Assert.Equal(4, HostIo.Read(slave, answer));
                Assert.Equal("out\n"u8, answer.AsSpan(0, 4));
                SetFlags(slave.Number, Termios.ICRNL, Termios.ECHO | Termios.ICANON);
            }

            Eventually(() => (Flags(master).Local & (Termios.ECHO | Termios.ICANON)) == 0, "raw mode");
        }
    }

    [Fact]
    public void Pty_NobodyThere_ReaderHardlyRuns()
    {
        using ICharacterBackend backend = CharacterBackends.Create(new ChardevConfig.Pty(), new() { Label = "ptyidle" });
        backend.Start(new FakeFrontend());
        Thread.Sleep(300);
        Assert.InRange(HostThreads.ProcessorTicks("ptyidle-in"), 0, 2);
    }

    [Fact]
    public void Stdio_EndOfInput_StopsReadingWithoutSpinning()
    {
        (FileDescriptor input, FileDescriptor typed) = TestPlace.Pipe();
        (FileDescriptor shown, FileDescriptor output) = TestPlace.Pipe();
        var frontend = new FakeFrontend();
        using (shown)
        using (var backend = new StdioBackend(new StdioChannel(input, output, null, null), "eof"))
        {
            backend.Start(frontend);
            _ = HostIo.Write(typed, "bye"u8);
            typed.Dispose();
            Eventually(() => frontend.Received == "bye", "input");
            Eventually(() => HostThreads.ProcessorTicks("eof-in") < 0, "the end of the reader");
            backend.Write("still here"u8);
            byte[] answer = new byte[20];
            Assert.Equal(10, HostIo.Read(shown, answer));
        }
    }

    [Fact]
    public void Stdio_Dispose_EndsTheReaderAndLeavesBlockingModeAlone()
    {
        (FileDescriptor input, FileDescriptor typed) = TestPlace.Pipe();
        (FileDescriptor shown, FileDescriptor output) = TestPlace.Pipe();
        using (typed)
        using (shown)
        {
            var backend = new StdioBackend(new StdioChannel(input, output, null, null), "disp");
            backend.Start(new FakeFrontend());
            Assert.Equal(0, Posix.fcntl(input, 3, 0) & Posix.O_NONBLOCK); // F_GETFL
            var clock = Stopwatch.StartNew();
            backend.Dispose();
            Assert.True(clock.ElapsedMilliseconds < 500, $"took {clock.ElapsedMilliseconds} ms");
            Eventually(() => HostThreads.ProcessorTicks("disp-in") < 0, "the end of the reader");
        }
    }

    [Fact]
    public void StdioStream_DisposedElsewhere_EndsRead()
    {
        (FileDescriptor input, FileDescriptor typed) = TestPlace.Pipe();
        (FileDescriptor shown, FileDescriptor output) = TestPlace.Pipe();
        using (typed)
        using (shown)
        {
            var stream = new StdioStream(new StdioChannel(input, output, null, null));
            int read = -1;
            var reader = new Thread(() => read = stream.Read(new byte[10], 0, 10));
            reader.Start();
            Thread.Sleep(20);
            stream.Dispose();
            Assert.True(reader.Join(5000));
            Assert.Equal(0, read);
            Assert.Throws<ObjectDisposedException>(() => stream.Write("x"u8));
        }
    }

    [Fact]
    public void Stdio_SecondUse_IsRefusedUntilTheFirstEnds()
    {
        StdioLease first = StdioLease.Acquire();
        ChardevException e = Assert.Throws<ChardevException>(() => CharacterBackends.Create(new ChardevConfig.Stdio(), new()));
        Assert.Equal("cannot use stdio by multiple character devices", e.Message);
        Assert.Throws<ChardevException>(() => MonitorListener.Open(new ChardevConfig.Stdio()));
        first.Dispose();
        first.Dispose();
        StdioLease.Acquire().Dispose();
    }

    [Theory]
    [InlineData(false, "new")]
    [InlineData(true, "oldnew")]
    public void File_TruncatesOrAppends(bool append, string expected)
    {
        using var place = new TestPlace();
        File.WriteAllText(place.File("f"), "old");
        ICharacterBackend backend = CharacterBackends.Create(new ChardevConfig.File(place.File("f"), append), new());
        backend.Start(new FakeFrontend());
        backend.Write("new"u8);
        backend.Dispose();
        Assert.Equal(expected, File.ReadAllText(place.File("f")));
    }

    [Fact]
    public void File_DiskFull_DropsOutput()
    {
        var frontend = new FakeFrontend();
        using ICharacterBackend backend = CharacterBackends.Create(new ChardevConfig.File("/dev/full"), new());
        backend.Start(frontend);
        for (int i = 0; i < 50; i++)
        {
            Eventually(() => backend.Write(new byte[10_000]) == 10_000, "room");
        }
    }

    [Fact]
    public void File_CannotBeOpened_IsNamed()
    {
        ChardevException e = Assert.Throws<ChardevException>(() => CharacterBackends.Create(new ChardevConfig.File("/no/such/file"), new()));
        Assert.Contains("/no/such/file", e.Message, StringComparison.Ordinal);
    }

    private static FileDescriptor OpenSlave(string name) =>
        new(Libc.open(name, Posix.O_RDWR | Posix.O_NOCTTY | Posix.O_CLOEXEC, 0));

    private static unsafe (uint Input, uint Local) Flags(int fd)
    {
        Termios termios;
        Assert.Equal(0, Posix.tcgetattr(fd, &termios));
        return (termios.c_iflag, termios.c_lflag);
    }

    private static unsafe void SetFlags(int fd, uint input, uint local)
    {
        Termios termios;
        Assert.Equal(0, Posix.tcgetattr(fd, &termios));
        termios.c_iflag = input;
        termios.c_lflag = local;
        Assert.Equal(0, Posix.tcsetattr(fd, Termios.TCSANOW, &termios));
    }

    private static unsafe byte[] Snapshot(int fd)
    {
        Termios termios = default;
        Assert.Equal(0, Posix.tcgetattr(fd, &termios));
        return new Span<byte>(&termios, sizeof(Termios)).ToArray();
    }
}
