using System;
using System.Collections.Generic;
using System.IO;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using Limber.Chardev.Multiplexing;
using Limber.Chardev.Native;
using Limber.Chardev.Terminal;
using Limber.Chardev.Tests.Support;
using Limber.Interop;

namespace Limber.Chardev.Tests.Multiplexing;

public sealed class StdioMultiplexerTests : IDisposable
{
    private readonly HostPipe keyboard = new();
    private readonly HostPipe screen = new();
    private readonly List<Stream> sessions = [];
    private readonly StdioMultiplexer terminal;
    private int quits;

    public StdioMultiplexerTests() =>
        terminal = new StdioMultiplexer(new StdioChannel(Duplicate(keyboard.Reader), Duplicate(screen.Writer), null, null), "muxt");

    public void Dispose()
    {
        terminal.Dispose();
        keyboard.Dispose();
        screen.Dispose();
    }

    [Fact]
    public void Input_AtFirst_GoesToTheSerialPort()
    {
        RecordingFrontend port = Start();

        keyboard.Write("ls\r\u0003");

        port.AwaitText("ls\r\u0003");
        Assert.Empty(sessions);
    }

    [Fact]
    public void Switch_GivesInputToASessionAndBack()
    {
        RecordingFrontend port = Start();

        keyboard.Write("a\u0001cinfo\r\u0001cb");

        port.AwaitText("ab");
        byte[] read = new byte[16];
        Assert.Equal("info\r", Encoding.ASCII.GetString(read, 0, Assert.Single(sessions).Read(read)));
        Assert.Equal("ab", port.Text);
    }

    [Fact]
    public void Output_OfTheGuest_AppearsWhoeverIsInFocus()
    {
        Start();
        keyboard.Write("\u0001c");
        Eventually.True(() => sessions.Count == 1, "a session");

        Assert.Equal(5, terminal.Write("guest"u8));
        sessions[0].Write("(qemu) "u8);

        Assert.Equal("guest(qemu) ", screen.ReadUntil("(qemu) "));
    }

    [Fact]
    public async Task Output_OfTheMonitor_WaitsForTheFocus()
    {
        RecordingFrontend port = Start();
        keyboard.Write("\u0001c\u0001c-");
        port.AwaitText("-");
        screen.ReadUntil("\r\n");

        Task late = Task.Run(() => sessions[0].Write("late"u8), TestContext.Current.CancellationToken);
        Assert.True(screen.IsQuiet());

        keyboard.Write("\u0001c");
        Assert.Equal("late", screen.ReadUntil("late"));
        await late;
    }

    [Fact]
    public void Switch_BackToTheMonitor_DropsTheHalfTypedLineAndAsksForAPrompt()
    {
        RecordingFrontend port = Start();
        keyboard.Write("\u0001chelp\rqu\u0001c-");
        port.AwaitText("-");
        byte[] read = new byte[64];
        Assert.Equal("help\rqu", Encoding.ASCII.GetString(read, 0, sessions[0].Read(read)));

        keyboard.Write("\u0001c");

        // To the end of the line, two words deleted, entered.
        Assert.Equal("\u0005\u0005\u0017\u0017\r", Encoding.ASCII.GetString(read, 0, sessions[0].Read(read)));
        Assert.Single(sessions);
    }

    [Fact]
    public void Switch_AfterASessionEnded_BeginsAnother()
    {
        RecordingFrontend port = Start();
        keyboard.Write("\u0001c\u0001c-");
        port.AwaitText("-");
        sessions[0].Dispose();

        keyboard.Write("\u0001c\u0001c-");

        port.AwaitText("--");
        Assert.Equal(2, sessions.Count);
    }

    [Fact]
    public void Quit_SaysSoAndCalls()
    {
        Start();

        keyboard.Write("\u0001x");

        screen.ReadUntil("Terminated\r\n");
        Eventually.True(() => Volatile.Read(ref quits) == 1, "a quit");
    }

    [Fact]
    public void Quit_GuestThatTakesNoInput_IsHeard()
    {
        Start(new RecordingFrontend(0));

        keyboard.Write(new string('x', 3000) + "\u0001x");

        Eventually.True(() => Volatile.Read(ref quits) == 1, "a quit");
    }

    [Fact]
    public void Input_GuestThatTakesNoInput_IsNotReadWithoutBoundNorLost()
    {
        var port = new RecordingFrontend(0);
        Start(port);
        string text = Encoding.Latin1.GetString(SequenceData.Create(32_000)).Replace('\u0001', '!');
        keyboard.Write(text);
        Eventually.True(() => HostIo.Wait(keyboard.Reader, Posix.POLLIN, null, 20) != 0, "input left in the pipe");

        for (int i = 0; i < 100; i++)
        {
            port.Allow(320);
        }

        Eventually.True(() => port.Text == text, "all of the input");
        Assert.False(port.Overrun);
    }

    [Fact]
    public void Input_AtItsEnd_EndsTheSessionAfterWhatWasTyped()
    {
        Start();
        keyboard.Write("\u0001cq\r");
        keyboard.Writer.Dispose();
        Eventually.True(() => sessions.Count == 1, "a session");
        byte[] read = new byte[16];

        Assert.Equal(2, sessions[0].Read(read));
        Assert.Equal(0, sessions[0].Read(read));
    }

    [Fact]
    public void Help_ListsTheCommands()
    {
        Start();

        keyboard.Write("\u0001h");

        string help = screen.ReadUntil("focus\r\n");
        Assert.Contains("Ctrl-A x", help);
        Assert.Contains("Ctrl-A c", help);
    }

    [Fact]
    public async Task Dispose_EndsAReadAndAHeldWrite()
    {
        RecordingFrontend port = Start();
        keyboard.Write("\u0001c\u0001c-");
        port.AwaitText("-");
        Task<int> reading = Task.Run(() => sessions[0].Read(new byte[1]), TestContext.Current.CancellationToken);
        Task writing = Task.Run(() => sessions[0].Write("held"u8), TestContext.Current.CancellationToken);

        terminal.Dispose();

        Assert.Equal(0, await reading.WaitAsync(Eventually.Deadline, TestContext.Current.CancellationToken));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => writing.WaitAsync(Eventually.Deadline, TestContext.Current.CancellationToken));
        Eventually.True(() => Eventually.ThreadsNamed("muxt-") == 0, "no thread left");
    }

    [Fact]
    public async Task Write_MonitorAndGuestTogether_LosesNothing()
    {
        RecordingFrontend port = Start();
        keyboard.Write("\u0001c");
        Eventually.True(() => sessions.Count == 1, "a session");
        byte[] guest = new byte[400_000];
        guest.AsSpan().Fill((byte)'g');
        byte[] monitor = new byte[400_000];
        monitor.AsSpan().Fill((byte)'m');
        Task first = Task.Run(() => port.WriteAll(terminal, guest), TestContext.Current.CancellationToken);
        Task second = Task.Run(() => sessions[0].Write(monitor), TestContext.Current.CancellationToken);

        byte[] seen = screen.Read(guest.Length + monitor.Length);

        await Task.WhenAll(first, second);
        Assert.Equal(guest.Length, seen.AsSpan().Count((byte)'g'));
        Assert.Equal(monitor.Length, seen.AsSpan().Count((byte)'m'));
    }

    private static FileDescriptor Duplicate(FileDescriptor fd) => new(Posix.fcntl_number(fd.Number, Posix.F_DUPFD_CLOEXEC, 3));

    private RecordingFrontend Start(RecordingFrontend? port = null)
    {
        port ??= new RecordingFrontend();
        terminal.Start(port);
        terminal.Connect(sessions.Add, () => Interlocked.Increment(ref quits));
        return port;
    }
}
