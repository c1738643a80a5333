using System;
using System.IO;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using Limber.Interop;

namespace Limber.Servers.Hmp;

/// <summary>
/// One person, or an expect script, at the text monitor.
/// </summary>
/// <remarks>
/// One thread reads, runs and writes in turn: this monitor has no events, so nothing else ever writes, and a client
/// that does not read holds up only itself. What was typed is echoed before its command runs.
/// </remarks>
public sealed class HmpSession : IDisposable
{
    private const string Prompt = "(qemu) ";
    private const int StackSize = 256 << 10;
    private const int ReadSize = 512;

    private readonly Stream stream;
    private readonly HmpInterpreter interpreter;
    private readonly LineEditor editor;
    private readonly ByteBuffer output = new();
    private readonly HmpFocus focus = new();
    private readonly ManualResetEventSlim idle = new(true);
    private readonly TaskCompletionSource completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int ended;

    /// <param name="stream">Full duplex; disposing it must end a read or write in progress. The session owns it.</param>
    /// <param name="services">Shared by all sessions of the machine.</param>
    public HmpSession(Stream stream, MonitorServices services)
    {
        this.stream = stream;
        interpreter = services.Hmp;
        editor = new(output, Prompt, interpreter.Complete);
    }

    /// <summary>Completes when the session has ended and its stream is closed. Never faults.</summary>
    public Task Completion => completion.Task;

    /// <summary>Shows the banner and begins to serve. Call once.</summary>
    public void Start() => new Thread(Serve, StackSize) { Name = "hmp", IsBackground = true }.Start();

    /// <summary>Waits until the input read so far has been answered; false when that takes longer.</summary>
    public bool Flush(TimeSpan timeout) => idle.Wait(timeout);

    /// <summary>Ends the session at once.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref ended, 1) == 0)
        {
            try
            {
                stream.Dispose();
            }
            catch (IOException)
            {
                // The peer is gone already.
            }

            focus.Descriptors.Dispose();
            idle.Set();
            completion.TrySetResult();
        }
    }

    private void Serve()
    {
        HostThread.SetCurrentName("hmp");

        // On the stack: a buffer of the heap is pinned while the thread waits for input, which is nearly always, and would keep
        // what the collector emptied around it.
        Span<byte> buffer = stackalloc byte[ReadSize];
        try
        {
            Print($"QEMU {ProductVersion.Qemu} monitor - type 'help' for more information\n{Prompt}");
            Send();
            int count;
            while ((count = stream.Read(buffer)) > 0)
            {
                idle.Reset();
                ReadOnlySpan<byte> input = buffer[..count];
                if ((stream as IDescriptorStream)?.TakeDescriptors() is { } descriptors)
                {
                    // They are those of the line that the last byte is part of, or that it ends.
                    int last = Math.Max(input.TrimEnd("\r\n"u8).Length - 1, 0);
                    Feed(input[..last]);
                    focus.Descriptors.Receive(descriptors);
                    input = input[last..];
                }

                Feed(input);
                Send();
                idle.Set();
            }
        }
        catch (Exception)
        {
            // Whatever way a transport fails, it ends this session and nothing else.
        }

        Dispose();
    }

    private void Feed(ReadOnlySpan<byte> input)
    {
        foreach (byte b in input)
        {
            if (editor.Feed(b) is { } line)
            {
                Send();
                Print(interpreter.Run(line, focus) + Prompt);
            }
        }
    }

    private void Print(string text) =>
        output.Append(Encoding.UTF8.GetBytes(text.Replace("\n", "\r\n", StringComparison.Ordinal)));

    private void Send()
    {
        if (output.Length > 0)
        {
            stream.Write(output.Span);
            stream.Flush();
            output.Clear();
        }
    }
}
