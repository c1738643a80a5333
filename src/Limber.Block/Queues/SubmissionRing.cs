using System;
using System.Runtime.InteropServices;
using System.Threading;
using Limber.Block.Native;
using Limber.Interop;

namespace Limber.Block.Queues;

/// <summary>An io_uring: requests in, results out. Thread: one at a time.</summary>
/// <remarks>
/// <code>
///   this process                  kernel
///   sq tail  ==== entries ===&gt;    sq head        the tail is published with release, the head read with acquire
///   cq head  &lt;=== results ====   cq tail        the same with roles exchanged
/// </code>
/// Without a polling thread the kernel takes entries only inside <see cref="Enter"/>, so those it left can be taken back.
/// </remarks>
internal sealed unsafe class SubmissionRing : IDisposable
{
    private const int ProbeLength = 256;
    private readonly FileDescriptor descriptor;
    private readonly nuint ringLength;
    private readonly nuint entriesLength;
    private readonly uint mask;
    private readonly uint completionMask;
    private readonly uint entryCount;
    private byte* ring;
    private IoUringSubmission* entries;
    private uint* head;
    private uint* tail;
    private uint* completionHead;
    private uint* completionTail;
    private IoUringCompletion* completions;

    private SubmissionRing(FileDescriptor descriptor, in IoUringParameters parameters)
    {
        this.descriptor = descriptor;
        entryCount = parameters.sq_entries;
        ringLength = Math.Max(
            parameters.sq_array + (parameters.sq_entries * sizeof(uint)),
            parameters.cq_cqes + (parameters.cq_entries * (uint)sizeof(IoUringCompletion)));
        entriesLength = parameters.sq_entries * (uint)sizeof(IoUringSubmission);
        ring = (byte*)Map(ringLength, IoUring.IORING_OFF_SQ_RING);
        try
        {
            entries = (IoUringSubmission*)Map(entriesLength, IoUring.IORING_OFF_SQES);
        }
        catch
        {
            _ = Libc.munmap((nint)ring, ringLength);
            throw;
        }

        head = (uint*)(ring + parameters.sq_head);
        tail = (uint*)(ring + parameters.sq_tail);
        mask = *(uint*)(ring + parameters.sq_ring_mask);
        completionHead = (uint*)(ring + parameters.cq_head);
        completionTail = (uint*)(ring + parameters.cq_tail);
        completionMask = *(uint*)(ring + parameters.cq_ring_mask);
        completions = (IoUringCompletion*)(ring + parameters.cq_cqes);

        // Entry N always goes through slot N of the indirection.
        uint* array = (uint*)(ring + parameters.sq_array);
        for (uint index = 0; index < entryCount; index++)
        {
            array[index] = index;
        }
    }

    /// <summary>Entries that were added and not yet taken by the kernel.</summary>
    public uint Pending => unchecked(*tail - Volatile.Read(ref *head));

    /// <summary>Descriptor of the ring, readable while results wait.</summary>
    public int Number => descriptor.Number;

    /// <summary>Makes a ring.</summary>
    /// <exception cref="HostException">The kernel has no io_uring, forbids it, or lacks an operation.</exception>
    public static SubmissionRing Open(int depth)
    {
        // A thread that is busy learns of results when it next enters the kernel, and is not interrupted for them.
        IoUringParameters parameters = new() { flags = IoUring.IORING_SETUP_COOP_TASKRUN };
        int number = IoUring.Setup((uint)depth, &parameters);
        if (number < 0 && Marshal.GetLastPInvokeError() == Posix.EINVAL)
        {
            // Before Linux 5.19.
            parameters = default;
            number = IoUring.Setup((uint)depth, &parameters);
        }

        if (number < 0)
        {
            throw HostException.FromLastError("io_uring_setup");
        }

        FileDescriptor descriptor = new(number);
        try
        {
            const uint Needed = IoUring.IORING_FEAT_SINGLE_MMAP | IoUring.IORING_FEAT_NODROP;
            if ((parameters.features & Needed) != Needed)
            {
                throw new HostException($"io_uring features 0x{parameters.features:x} lack 0x{Needed:x}", Posix.EOPNOTSUPP);
            }

            CheckOperations(number);
            return new SubmissionRing(descriptor, parameters);
        }
        catch
        {
            descriptor.Dispose();
            throw;
        }
    }

    /// <summary>Adds an entry. The ring is as deep as the queue, so there is room.</summary>
    public void Add(in IoUringSubmission entry)
    {
        uint position = *tail;
        entries[position & mask] = entry;
        Volatile.Write(ref *tail, unchecked(position + 1));
    }

    /// <summary>Gives added entries to the kernel.</summary>
    /// <returns>0, or the <c>errno</c> because of which entries are left over.</returns>
    public int Enter()
    {
        while (Pending > 0)
        {
            int taken = IoUring.Enter(descriptor.Number, Pending, 0, 0);
            if (taken < 0)
            {
                int error = Marshal.GetLastPInvokeError();
                if (error != Posix.EINTR)
                {
                    return error;
                }
            }
            else if (taken == 0)
            {
                return Posix.EAGAIN;
            }
        }

        return 0;
    }

    /// <summary>Takes the newest entry back that the kernel has not taken.</summary>
    public bool TakeBack(out ulong userData)
    {
        userData = 0;
        if (Pending == 0)
        {
            return false;
        }

        uint position = unchecked(*tail - 1);
        userData = entries[position & mask].user_data;
        Volatile.Write(ref *tail, position);
        return true;
    }

    public bool TryTake(out IoUringCompletion completion)
    {
        uint position = *completionHead;
        if (position == Volatile.Read(ref *completionTail))
        {
            completion = default;
            return false;
        }

        completion = completions[position & completionMask];
        Volatile.Write(ref *completionHead, unchecked(position + 1));
        return true;
    }

    public void Dispose()
    {
        if (ring != null)
        {
            _ = Libc.munmap((nint)entries, entriesLength);
            _ = Libc.munmap((nint)ring, ringLength);
            ring = null;
            entries = null;
            head = tail = completionHead = completionTail = null;
            completions = null;
        }

        descriptor.Dispose();
    }

    private static void CheckOperations(int ring)
    {
        // struct io_uring_probe: last_op, ops_len, 14 bytes of padding, then {op, resv, u16 flags, u32 resv} each.
        byte* probe = stackalloc byte[16 + (ProbeLength * 8)];
        new Span<byte>(probe, 16 + (ProbeLength * 8)).Clear();
        if (IoUring.Register(ring, IoUring.IORING_REGISTER_PROBE, probe, ProbeLength) < 0)
        {
            throw HostException.FromLastError("io_uring_register (probe)");
        }

        ReadOnlySpan<byte> needed =
        [
            IoUring.IORING_OP_READV, IoUring.IORING_OP_WRITEV, IoUring.IORING_OP_FSYNC, IoUring.IORING_OP_FALLOCATE,
            IoUring.IORING_OP_READ, IoUring.IORING_OP_WRITE,
        ];
        foreach (byte operation in needed)
        {
            bool supported = operation <= probe[0] && (*(ushort*)(probe + 16 + (operation * 8) + 2) & 1) != 0;
            if (!supported)
            {
                throw new HostException($"io_uring lacks operation {operation}", Posix.EOPNOTSUPP);
            }
        }
    }

    private void* Map(nuint length, long offset)
    {
        const int MAP_POPULATE = 0x8000;
        nint address = Libc.mmap(
            0, length, Libc.PROT_READ | Libc.PROT_WRITE, Libc.MAP_SHARED | MAP_POPULATE, descriptor.Number, offset);
        return address != Libc.MAP_FAILED ? (void*)address : throw HostException.FromLastError("mmap of an io_uring");
    }
}
