using System;
using System.IO;
using System.Runtime.CompilerServices;
using System.Threading;

namespace Limber.Interop.Tests;

public sealed class HostThreadTests
{
    [Fact]
    public void GiveBackUnusedStack_DeepInACall_KeepsWhatIsInUse()
    {
        int sum = 0;
        var thread = new Thread(() => sum = Descend(200), 1 << 20);
        thread.Start();
        thread.Join();

        Assert.Equal(200 * 201 / 2, sum);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static unsafe int Descend(int depth)
    {
        byte* frame = stackalloc byte[512];
        frame[0] = (byte)depth;
        if (depth == 0)
        {
            HostThread.GiveBackUnusedStack();
            return 0;
        }

        return Descend(depth - 1) + frame[0];
    }

    [Fact]
    public void SetName_OfAnotherThread_IsWhatToolsShow()
    {
        int id = 0;
        using var ready = new ManualResetEventSlim();
        using var done = new ManualResetEventSlim();
        var thread = new Thread(() =>
        {
            id = HostThread.CurrentId;
            ready.Set();
            done.Wait();
        });
        thread.Start();
        ready.Wait(TestContext.Current.CancellationToken);
        HostThread.SetName(id, "name-of-another");
        string name = File.ReadAllText($"/proc/self/task/{id}/comm").Trim();
        done.Set();
        thread.Join();
        Assert.Equal("name-of-another", name);
    }

    [Fact]
    public void SetName_OfAThreadThatIsGone_IsHarmless()
    {
        int id = 0;
        var thread = new Thread(() => id = HostThread.CurrentId);
        thread.Start();
        thread.Join();
        HostThread.SetName(id, "nobody");
    }

    [Fact]
    public void RunAs_NamesTheThreadForTheCall_AndThenAsBefore()
    {
        string[] names = new string[3];
        var thread = new Thread(() =>
        {
            HostThread.SetCurrentName("a-device");
            names[0] = CurrentName();
            HostThread.RunAs("pool", () => names[1] = CurrentName());
            names[2] = CurrentName();
        });
        thread.Start();
        thread.Join();
        Assert.Equal(["a-device", "pool", "a-device"], names);
    }

    [Fact]
    public void RunAs_GivesTheNameBack_WhenTheCallThrows()
    {
        string name = "";
        var thread = new Thread(() =>
        {
            HostThread.SetCurrentName("a-device");
            Assert.Throws<InvalidOperationException>(() => HostThread.RunAs("pool", () => throw new InvalidOperationException()));
            name = CurrentName();
        });
        thread.Start();
        thread.Join();
        Assert.Equal("a-device", name);
    }

    private static string CurrentName() => File.ReadAllText($"/proc/self/task/{HostThread.CurrentId}/comm").Trim();
}
