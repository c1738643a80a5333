using System;
using System.Threading;
using Limber.Device;

namespace Limber.Devices.Tests.Bus;

/// <summary>
/// Threads access a place while devices come and go there; a device notices when it is used after its removal was complete.
/// </summary>
internal static class RemovalLitmus
{
    private const int Readers = 3;

    /// <summary>Runs up to a number of removals or until the first violation; returns the violations seen.</summary>
    public static (int Violations, long Accesses) Run(IRemovalBus bus, int removals)
    {
        int violations = 0;
        long accesses = 0;
        bool stop = false;
        var threads = new Thread[Readers];
        for (int i = 0; i < Readers; i++)
        {
            threads[i] = new Thread(() =>
            {
                while (!Volatile.Read(ref stop))
                {
                    bus.Access();
                }
            });
            threads[i].Start();
        }

        for (int i = 0; i < removals && violations == 0; i++)
        {
            var device = new MortalDevice();
            bus.Insert(device);
            Thread.Yield();
            bus.RemoveAndDrain();
            device.Dispose();
            Thread.Yield();
            violations += device.UsesAfterDispose;
            accesses += device.Uses;
        }

        Volatile.Write(ref stop, true);
        foreach (Thread thread in threads)
        {
            thread.Join();
        }

        return (violations, accesses);
    }

    private sealed class MortalDevice : IIoDevice, IDisposable
    {
        private bool disposed;
        private int uses;
        private int usesAfterDispose;

        public int Uses => Volatile.Read(ref uses);

        public int UsesAfterDispose => Volatile.Read(ref usesAfterDispose);

        public IoStatus Read(ulong offset, Span<byte> data) => Write(offset, data);

        public IoStatus Write(ulong offset, ReadOnlySpan<byte> data)
        {
            Interlocked.Increment(ref uses);
            Check();
            Thread.SpinWait(20);
            Check();
            return IoStatus.Ok;
        }

        public void Dispose() => Volatile.Write(ref disposed, true);

        private void Check()
        {
            if (Volatile.Read(ref disposed))
            {
                Interlocked.Increment(ref usesAfterDispose);
            }
        }
    }
}
