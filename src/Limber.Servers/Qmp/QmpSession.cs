using System;
using System.Collections.Generic;
using System.IO;
using System.Threading;
using System.Threading.Tasks;
using Limber.Control;
using Limber.Interop;
using Limber.Servers.Json;

namespace Limber.Servers.Qmp;

/// <summary>
/// One QMP client on one stream.
/// </summary>
/// <remarks>
/// <para>Two threads with small stacks: the reader parses and notices a client that leaves, even while a command
/// runs; the worker runs commands in order and does all writing. Blocking threads and not async, because a monitor has
/// a handful of clients and the thread pool with its state machines costs more memory than two parked threads.</para>
/// <para>No session can hold up another, nor the machine: events are queued without blocking, and a client that lets
/// them pile up beyond <see cref="QmpSessionOptions.MaxQueuedOutput"/> is disconnected.</para>
/// <para>When the client closes its sending side, what it had sent is still answered, then the stream is closed.</para>
/// </remarks>
public sealed class QmpSession : IDisposable
{
    private const int StackSize = 256 << 10;
    private const int ReadSize = 2048;

    private readonly Stream stream;
    private readonly QmpContext context;
    private readonly QmpDispatcher dispatcher;
    private readonly QmpMailbox mailbox;
    private readonly JsonStyle style;
    private readonly CancellationTokenSource inputEnds = new();
    private readonly TaskCompletionSource completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly EventThrottle throttle;
    private IDisposable? subscription;

    /// <summary>Came with the message being read. Thread: the reader's.</summary>
    private ReceivedDescriptors? arrived;
    private int ended;
    private int dropping;

    /// <param name="stream">
    /// Full duplex: one thread reads while another writes. Disposing it must end a read or write in progress. The
    /// session owns it.
    /// </param>
    /// <param name="services">Shared by all sessions of the machine.</param>
    /// <param name="dialect">What the client speaks.</param>
    /// <param name="options">Null for the defaults.</param>
    public QmpSession(Stream stream, MonitorServices services, QmpDialect dialect, QmpSessionOptions? options = null)
    {
        options ??= new();
        this.stream = stream;
        context = new(services, dialect);
        dispatcher = new(context);
        mailbox = new(options.MaxQueuedRequests, options.MaxQueuedOutput);
        throttle = new(Post);
        style = options.Pretty ? JsonStyle.Pretty : dialect.Style;
    }

    /// <summary>Completes when the session has ended and its stream is closed. Never faults.</summary>
    public Task Completion => completion.Task;

    /// <summary>Sends the greeting and begins to serve. Call once.</summary>
    public void Start()
    {
        Post(context.Dialect.Greeting());
        subscription = context.Machine.Subscribe(OnMachineEvent);
        new Thread(ReadAll, StackSize) { Name = "qmp-reader", IsBackground = true }.Start();
        new Thread(Work, StackSize) { Name = "qmp-worker", IsBackground = true }.Start();
    }

    /// <summary>
    /// Waits until everything the client is to be told has been written; false when that takes longer. Called before
    /// the process ends, so that the last event and the reply to <c>quit</c> arrive.
    /// </summary>
    public bool Flush(TimeSpan timeout) => mailbox.WaitIdle(timeout);

    /// <summary>Ends the session at once.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref ended, 1) == 0)
        {
            subscription?.Dispose();
            throttle.Dispose();
            mailbox.Close();
            inputEnds.Cancel();
            CloseStream();
            context.Descriptors.Dispose();
            completion.TrySetResult();
        }
    }

    private void ReadAll()
    {
        HostThread.SetCurrentName("qmp-reader");
        JsonMessageParser parser = new(
            message => Accept(new QmpInput(message, null, TakeArrived())),
            problem => Accept(new QmpInput(default, problem, TakeArrived())));

        // On the stack: a buffer of the heap is pinned while the thread waits for input, which is nearly always, and would keep
        // what the collector emptied around it.
        Span<byte> buffer = stackalloc byte[ReadSize];
        try
        {
            int count;
            while ((count = stream.Read(buffer)) > 0)
            {
                Feed(parser, buffer[..count]);
            }
        }
        catch (Exception)
        {
            // Whatever way a transport fails, it ends this session and nothing else.
        }

        TakeArrived()?.Dispose();
        mailbox.EndInput();
        inputEnds.Cancel();
    }

    // Descriptors are those of the message that the last byte is part of, unless it is a blank: then of the one just ended.
    private void Feed(JsonMessageParser parser, ReadOnlySpan<byte> input)
    {
        if ((stream as IDescriptorStream)?.TakeDescriptors() is { } descriptors)
        {
            int last = Math.Max(input.TrimEnd(" \t\r\n"u8).Length - 1, 0);
            parser.Feed(input[..last]);
            TakeArrived()?.Dispose();
            arrived = descriptors;
            input = input[last..];
        }

        parser.Feed(input);
    }

    private ReceivedDescriptors? TakeArrived()
    {
        ReceivedDescriptors? taken = arrived;
        arrived = null;
        return taken;
    }

    private void Accept(QmpInput input)
    {
        if (input.Problem is null && dispatcher.Overtakes(input.Message))
        {
            ReceiveDescriptors(input);
            Post(dispatcher.Run(input.Parse(outOfBandEnabled: true), inputEnds.Token, out _)!);
        }
        else if (!mailbox.PostRequest(input))
        {
            input.Descriptors?.Dispose();
        }
    }

    private void Work()
    {
        HostThread.SetCurrentName("qmp-worker");
        try
        {
            while (mailbox.Take(out byte[]? message, out QmpInput request))
            {
                if (message is null)
                {
                    ReceiveDescriptors(request);
                    Execute(request.Parse(context.OutOfBandEnabled));
                }
                else
                {
                    stream.Write(message, 0, message.Length);
                    stream.Flush();
                }
            }
        }
        catch (Exception)
        {
            // As in ReadAll: the connection is lost.
        }

        Dispose();
    }

    // When its command is carried out, not when it is read: an earlier one may not have taken its own yet.
    private void ReceiveDescriptors(QmpInput input)
    {
        if (input.Descriptors is { } descriptors)
        {
            context.Descriptors.Receive(descriptors);
        }
    }

    private void Execute(QmpRequest request)
    {
        if (context.Dialect.RepliesBeforeEvents)
        {
            mailbox.HoldEvents();
        }

        JsonObject? reply = dispatcher.Run(request, inputEnds.Token, out Task<JsonObject>? pending);
        if (reply is not null)
        {
            Post(reply);
        }

        mailbox.ReleaseEvents();
        if (reply is not null)
        {
            return;
        }

        mailbox.BeginPending();
        pending!.ContinueWith(
            done => DropUnless(mailbox.PostPendingReply(Encode(done.Result))),
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
    }

    /// <summary>Thread: whichever caused the event, also a vCPU's; queues and returns.</summary>
    private void OnMachineEvent(VmEvent happened)
    {
        if (!context.Negotiated)
        {
            return;
        }

        List<QmpEvent> events = [];
        if (happened is VmEvent.OperationChanged changed)
        {
            if (context.OperationEventsEnabled)
            {
                events.Add(new(OperationJson.EventName, OperationJson.Describe(changed.Operation)));
            }
        }
        else
        {
            context.Dialect.Translate(happened, context.Services.Paths, events);
        }

        foreach (QmpEvent @event in events)
        {
            throttle.Post(@event, happened.Timestamp);
        }
    }

    private void Post(QmpEvent @event, DateTimeOffset timestamp) =>
        DropUnless(mailbox.PostEvent(Encode(context.Dialect.EventMessage(@event, timestamp))));

    private void Post(JsonObject message) => DropUnless(mailbox.Post(Encode(message)));

    private void DropUnless(bool posted)
    {
        if (!posted && Interlocked.Exchange(ref dropping, 1) == 0)
        {
            // Off this thread: it may be a vCPU's, and closing a stream may take its time.
            ThreadPool.UnsafeQueueUserWorkItem(static session => session.Dispose(), this, preferLocal: false);
        }
    }

    private byte[] Encode(JsonObject message)
    {
        ByteBuffer buffer = new();
        new JsonWriter(buffer, style).Write(message);
        buffer.Append("\r\n"u8);
        return buffer.Take();
    }

    private void CloseStream()
    {
        try
        {
            stream.Dispose();
        }
        catch (IOException)
        {
            // The peer is gone already.
        }
    }
}
