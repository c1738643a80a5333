using System;
using System.Runtime.ExceptionServices;
using System.Threading;
using Limber.Device.Loop;

namespace Limber.VirtioConsole;

/// <summary>Calls into a loop that wait for their end.</summary>
internal static class LoopCall
{
    /// <summary>Runs an action on the loop, at once when this is its thread or it has ended; throws what the action throws.</summary>
    /// <remarks>Thread: any but vCPUs'.</remarks>
    public static void Run(DeviceLoop loop, Action action)
    {
        using var done = new ManualResetEventSlim();
        Exception? thrown = null;
        void RunPosted()
        {
            try
            {
                action();
            }
            catch (Exception e)
            {
                thrown = e;
            }

            done.Set();
        }

        if (loop.IsCurrent || !loop.Post(RunPosted, null))
        {
            action();
            return;
        }

        done.Wait();
        if (thrown is not null)
        {
            ExceptionDispatchInfo.Throw(thrown);
        }
    }
}
