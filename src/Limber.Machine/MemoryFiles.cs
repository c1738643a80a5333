using System;
using System.Globalization;
using System.Threading;
using Limber.Device.Loop;
using Limber.Interop;

namespace Limber.Machine;

/// <summary>
/// Looks after the files that are the guest's memory: zeros take the place of what somebody cuts off, and that is reported. Whoever
/// touches a lost page first is helped in another way:
/// <code>
///   this process       LostPageHandler, at once
///   a vCPU             LostPages, when it leaves the guest
///   a vCPU for which KVM fetches the page in the background, the kernel for a device     here, told by inotify
/// </code>
/// </summary>
/// <remarks>
/// Thread: any, but not its own, <c>memory-files</c>, which is there as soon as there is a file. Nobody waits on that thread for a lock
/// that is held while it is waited for.
/// </remarks>
internal sealed class MemoryFiles : IDisposable
{
    private readonly LostPages lostPages;
    private readonly Lock gate = new();
    private DeviceLoop? loop;
    private bool ended;

    /// <param name="lostPages">Asks for help when a vCPU met a page that is not there.</param>
    public MemoryFiles(LostPages lostPages) => this.lostPages = lostPages;

    /// <summary>Looks after a file until the result is disposed, which has to be before the file is unmapped.</summary>
    /// <param name="backing">The file.</param>
    /// <param name="lost">Gets what was lost, in words; on a thread that may wait for the control lock.</param>
    /// <exception cref="HostException">The host has no descriptors left.</exception>
    public IDisposable Watch(FileBacking backing, Action<string> lost)
    {
        DeviceLoop current;
        lock (gate)
        {
            ObjectDisposedException.ThrowIf(ended, this);
            if (loop is null)
            {
                loop = StartLoop();
            }

            current = loop;
        }

        return new Entry(current, lostPages, backing, lost);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (gate)
        {
            ended = true;
        }

        loop?.Dispose();
    }

    private static DeviceLoop StartLoop()
    {
        var made = new DeviceLoop("memory-files");
        try
        {
            made.Start();
            return made;
        }
        catch
        {
            made.Dispose();
            throw;
        }
    }

    private sealed class Entry : ILoopOwner, IDisposable
    {
        private readonly DeviceLoop loop;
        private readonly FileBacking backing;
        private readonly Action<string> lost;
        private readonly IDisposable asked;
        private readonly FileWatch? watch;
        private LoopSource? met;

        // On the loop: what has been reported.
        private ulong reportedKept;
        private uint nextPages = 1;

        public Entry(DeviceLoop loop, LostPages lostPages, FileBacking backing, Action<string> lost)
        {
            this.loop = loop;
            this.backing = backing;
            this.lost = lost;
            reportedKept = backing.Kept;
            watch = FileWatch.TryCreate(backing.File, LookAgain);
            asked = lostPages.Add(TryReplace);
            _ = loop.Post(Start, this);
        }

        public void OnLoopFault(Exception fault) => Report($"memory file '{backing.Path}' is no longer looked after: {fault.Message}");

        public void Dispose()
        {
            asked.Dispose();
            using var done = new ManualResetEventSlim();
            if (loop.Post(
                () =>
                {
                    Stop();
                    done.Set();
                },
                this))
            {
                done.Wait();
            }
            else
            {
                loop.Join();
                Stop();
            }
        }

        private void Start()
        {
            met = loop.Add(backing.Met, LookAgain, this);
            watch?.Start(loop, this);
        }

        private void Stop()
        {
            met?.Dispose();
            watch?.Dispose();
        }

        // Thread: a vCPU's.
        private bool TryReplace()
        {
            if (!backing.TryReplaceLost())
            {
                return false;
            }

            _ = loop.Post(LookAgain, this);
            return true;
        }

        private void LookAgain()
        {
            _ = backing.TryReplaceLost();
            ulong kept = backing.Kept;
            if (kept < reportedKept)
            {
                reportedKept = kept;
                Report(string.Create(
                    CultureInfo.InvariantCulture, $"memory file '{backing.Path}' was cut off: {kept} bytes of it are left, and the rest reads as zeros from now on"));
            }

            // The handler's count includes pages that were cut off, and were met before they were replaced: those have been reported.
            uint pages = backing.PagesMet;
            if (pages >= nextPages && kept == backing.Length)
            {
                Report(string.Create(
                    CultureInfo.InvariantCulture, $"the host can't provide {pages} pages of the memory file '{backing.Path}', whose file system may be full; they read as zeros"));
            }

            // A full file system fails page after page: clients hear of each doubling.
            while (pages >= nextPages && nextPages < uint.MaxValue / 2)
            {
                nextPages *= 2;
            }
        }

        private void Report(string reason) => ThreadPool.QueueUserWorkItem(static e => e.Entry.lost(e.Reason), (Entry: this, Reason: reason), preferLocal: false);
    }
}
