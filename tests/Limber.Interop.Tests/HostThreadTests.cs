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
}
