using System;
using System.Collections.Concurrent;
using System.IO;
using System.Linq;
using System.Threading;
using Limber.Device.Loop;
using Limber.Interop;
using Limber.Virtio.TestKit;

namespace Limber.Virtio.Tests.Loop;

public sealed class DeviceLoopTests : ILoopOwner, IDisposable
{
    private readonly DeviceLoop loop = new("loop-under-test");
    private readonly ConcurrentQueue<Exception> faults = new();

    public DeviceLoopTests() => loop.Start();

    void ILoopOwner.OnLoopFault(Exception fault) => faults.Enqueue(fault);

    public void Dispose() => loop.Dispose();

    [Fact]
    public void Thread_HasItsName()
    {
        string name = "";
        Run(() => name = File.ReadAllText("/proc/thread-self/comm"));

        Assert.Equal("loop-under-test\n", name);
        Assert.False(loop.IsCurrent);
        Run(() => Assert.True(loop.IsCurrent));
    }

    [Fact]
    public void Post_FromSeveralThreads_RunsAllInOrderOfEach()
    {
        var seen = new ConcurrentQueue<int>();
        Thread[] threads = [.. Enumerable.Range(0, 4).Select(t => new Thread(() =>
        {
            for (int i = 0; i < 1000; i++)
            {
                int value = (t * 1000) + i;
                Assert.True(loop.Post(() => seen.Enqueue(value), this));
            }
        }))];
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());
        Run(() => { });

        Assert.Equal(4000, seen.Count);
        foreach (IGrouping<int, int> group in seen.GroupBy(value => value / 1000))
        {
            Assert.Equal(group.Order(), group);
        }
    }

    [Fact]
    public void Callback_ThatThrows_IsReportedAndTheLoopGoesOn()
    {
        using var signal = new HostEvent();
        LoopSource? source = null;
        Run(() => source = loop.Add(signal, () => throw new InvalidDataException("event"), this));
        signal.Signal();
        Eventually.Holds(() => faults.Count == 1, "a report of the event");
        loop.Post(() => throw new InvalidDataException("action"), this);
        Run(() => loop.CreateTimer(() => throw new InvalidDataException("timer"), this).Start(TimeSpan.Zero));
        Run(() => loop.CreateTask(() => throw new InvalidDataException("task"), this).Schedule());
        Eventually.Holds(() => faults.Count == 4, "four reports");

        Assert.Equal(["action", "event", "task", "timer"], faults.Select(fault => fault.Message).Order());
        Run(() => source!.Dispose());
    }

    [Fact]
    public void AddUncleared_EachSignal_IsReportedThoughTheEventStaysSignalled()
    {
        using var signal = new HostEvent();
        int calls = 0;
        LoopSource? source = null;
        Run(() => source = loop.AddUncleared(signal, () => calls++, this));
        for (int i = 1; i <= 3; i++)
        {
            signal.Signal();
            Eventually.Holds(() => Volatile.Read(ref calls) == i, $"call {i}");
        }

        // A signal that nobody reads does not keep the loop busy.
        Run(() => { });
        Run(() => { });
        Assert.Equal(3, calls);
        Assert.True(signal.IsSignalled);
        Run(() => source!.Dispose());
    }

    [Fact]
    public void Source_DisposedByAnotherInTheSameTurn_IsNotCalled()
    {
        using var first = new HostEvent();
        using var second = new HostEvent();
        int calls = 0;
        Run(() =>
        {
            LoopSource?[] sources = new LoopSource?[2];
            sources[0] = loop.Add(first, () => Meet(sources, 1), this);
            sources[1] = loop.Add(second, () => Meet(sources, 0), this);
            first.Signal();
            second.Signal();
        });
        Run(() => { });
        Run(() => { });

        Assert.Equal(1, calls);

        void Meet(LoopSource?[] sources, int other)
        {
            calls++;
            sources[other]!.Dispose();
        }
    }

    [Fact]
    public void Source_Modified_FollowsTheNewEvents()
    {
        using var signal = new HostEvent();
        LoopEvents seen = LoopEvents.None;
        LoopSource? source = null;
        Run(() => source = loop.Add(signal.Descriptor, LoopEvents.None, Seen, this));
        Run(() => { });
        Assert.Equal(LoopEvents.None, seen);

        Run(() => source!.Modify(LoopEvents.Writable));
        Eventually.Holds(() => seen == LoopEvents.Writable, "room to write");

        void Seen(LoopEvents events)
        {
            seen = events;
            source!.Dispose();
        }
    }

    [Fact]
    public void Timers_FireInOrder_StoppedOnesDoNot()
    {
        var seen = new ConcurrentQueue<int>();
        Run(() =>
        {
            loop.CreateTimer(() => seen.Enqueue(2), this).Start(TimeSpan.FromMilliseconds(4));
            LoopTimer stopped = loop.CreateTimer(() => seen.Enqueue(3), this);
            stopped.Start(TimeSpan.FromMilliseconds(2));
            loop.CreateTimer(() => seen.Enqueue(1), this).Start(TimeSpan.FromMilliseconds(1));
            stopped.Stop();
        });
        Eventually.Holds(() => seen.Count == 2, "two timers");

        Assert.Equal([1, 2], seen);
    }

    [Fact]
    public void Task_ThatSchedulesItself_LetsOthersRun()
    {
        int turns = 0;
        LoopTask? task = null;
        Run(() =>
        {
            task = loop.CreateTask(
                () =>
                {
                    turns++;
                    task!.Schedule();
                },
                this);
            task.Schedule();
        });
        Run(() => { });
        Run(() => task!.Cancel());
        int after = turns;
        Run(() => { });

        Assert.True(after >= 1);
        Assert.Equal(after, turns);
    }

    [Fact]
    public void Stop_RunsWhatIsPosted_ThenTakesNothing()
    {
        bool ran = false;
        using var entered = new ManualResetEventSlim();
        using var go = new ManualResetEventSlim();
        loop.Post(
            () =>
            {
                entered.Set();
                go.Wait();
            },
            this);
        entered.Wait(TestContext.Current.CancellationToken);
        loop.Post(() => ran = true, this);
        loop.Stop();
        go.Set();
        loop.Join();

        Assert.True(ran);
        Assert.False(loop.Post(() => { }, this));
    }

    [Fact]
    public void WakeUps_AllocateNothing()
    {
        using var signal = new HostEvent();
        int calls = 0;
        LoopTimer? timer = null;
        LoopSource? source = null;
        Action count = () => calls++;
        Run(() =>
        {
            timer = loop.CreateTimer(count, this);
            source = loop.Add(signal, () => timer.Start(TimeSpan.Zero), this);
        });
        Exercise(100);
        long before = 0;
        long after = 0;
        Action readBefore = () => before = GC.GetAllocatedBytesForCurrentThread();
        Action readAfter = () => after = GC.GetAllocatedBytesForCurrentThread();
        Exercise(1);
        loop.Post(readBefore, this);
        Exercise(500);
        loop.Post(readAfter, this);
        Run(() => source!.Dispose());

        Assert.Equal(0, after - before);

        void Exercise(int times)
        {
            for (int i = 0; i < times; i++)
            {
                int seen = Volatile.Read(ref calls);
                signal.Signal();
                Eventually.Holds(() => Volatile.Read(ref calls) > seen, "a timer");
            }
        }
    }

    private void Run(Action action)
    {
        using var done = new ManualResetEventSlim();
        Exception? thrown = null;
        loop.Post(
            () =>
            {
                try
                {
                    action();
                }
                catch (Exception exception)
                {
                    thrown = exception;
                }

                done.Set();
            },
            this);
        done.Wait();
        Assert.Null(thrown);
    }
}
