using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;
using Limber.Interop;
using Limber.Net.Native;

namespace Limber.Net;

/// <summary>
/// A tap interface of the host: Ethernet frames that a guest sends and receives, each behind a virtio header of
/// <see cref="HeaderSize"/> bytes. It is gone with its last descriptor unless it was made persistent by others.
/// </summary>
/// <remarks>Thread: one a queue for <see cref="Read"/> and <see cref="Write"/>; the rest one at a time.</remarks>
public sealed unsafe partial class TapInterface : IDisposable
{
    /// <summary>Bytes of <c>struct virtio_net_hdr_v1</c> before each frame (virtio 1.2, 5.1.6).</summary>
    public const int HeaderSize = 12;

    /// <summary>The most queues.</summary>
    public const int MaximumQueues = 32;

    private const string TunPath = "/dev/net/tun";
    private const int LongestQueue = 4096;

    private readonly ImmutableArray<FileDescriptor> queues;

    private TapInterface(string name, ImmutableArray<FileDescriptor> queues)
    {
        Name = name;
        this.queues = queues;
    }

    /// <summary>The interface's name on the host.</summary>
    public string Name { get; }

    /// <summary>The queues' descriptors, non-blocking, for <c>epoll</c> and vhost.</summary>
    public ImmutableArray<FileDescriptor> Queues => queues;

    /// <summary>Opens an interface by name, and makes it when it does not exist.</summary>
    /// <exception cref="HostException">The kernel refused; the text names the interface. Nothing stays open.</exception>
    /// <exception cref="ArgumentException">A value is out of bounds.</exception>
    public static TapInterface Open(TapOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        Check(options);
        var opened = new List<FileDescriptor>();
        try
        {
            string name = options.Name;
            for (int i = 0; i < options.Queues; i++)
            {
                FileDescriptor fd = OpenTun();
                opened.Add(fd);
                name = Attach(fd, name, multiQueue: options.Queues > 1);
                SetHeaderSize(fd, name);
            }

            var tap = new TapInterface(name, [.. opened]);
            tap.Configure(options);
            return tap;
        }
        catch
        {
            opened.ForEach(f => f.Dispose());
            throw;
        }
    }

    /// <summary>Takes descriptors that another program opened, one a queue of the same interface.</summary>
    /// <exception cref="HostException">One is no tap with a virtio header. None is closed then: it may be anybody's.</exception>
    public static TapInterface FromDescriptors(ImmutableArray<int> descriptors)
    {
        string name = "";
        foreach (int number in descriptors)
        {
            name = CheckTap(number);
        }

        ImmutableArray<FileDescriptor> owned = [.. descriptors.Select(d => new FileDescriptor(d))];
        try
        {
            foreach (FileDescriptor fd in owned)
            {
                SetHeaderSize(fd, name);
                SetNonBlocking(fd);
            }

            return new TapInterface(name, owned);
        }
        catch
        {
            foreach (FileDescriptor fd in owned)
            {
                fd.SetHandleAsInvalid();
            }

            throw;
        }
    }

    /// <summary>
    /// The same interface and queues with descriptors of its own, for the next user: the interface stays until all are disposed. Only
    /// one of them is in use at a time. Frames that arrived while none was are dropped.
    /// </summary>
    /// <exception cref="HostException">The interface was deleted, or the host has no descriptors left.</exception>
    public TapInterface Share()
    {
        if (!IsTap(queues[0].Number, out _))
        {
            throw HostException.FromLastError($"the tap interface {Name} is gone");
        }

        var copies = new List<FileDescriptor>();
        try
        {
            foreach (FileDescriptor queue in queues)
            {
                int number = (int)NetIo.fcntl(queue, NetIo.F_DUPFD_CLOEXEC, 0);
                DropFrames(queue);
                copies.Add(number >= 0 ? new FileDescriptor(number) : throw HostException.FromLastError($"cannot have another descriptor of {Name}"));
            }

            return new TapInterface(Name, [.. copies]);
        }
        catch
        {
            copies.ForEach(copy => copy.Dispose());
            throw;
        }
    }

    /// <summary>Says what frames the reader takes; the kernel prepares all others. No effect on a kernel that can't.</summary>
    /// <returns>False when the kernel refused.</returns>
    public bool SetOffloads(TapOffloads offloads) => Libc.ioctl(queues[0], NetIo.TUNSETOFFLOAD, (nint)(int)offloads) >= 0;

    /// <summary>Makes the kernel use only the first queues; the others stay open.</summary>
    /// <param name="count">1 to the number of queues.</param>
    public void SetActiveQueues(int count)
    {
        for (int i = 1; i < queues.Length; i++)
        {
            // The kernel answers EINVAL when a queue is in that state already.
            InterfaceRequest request = NetIo.Request(Name);
            request.Flags = i < count ? NetIo.IFF_ATTACH_QUEUE : NetIo.IFF_DETACH_QUEUE;
            _ = Libc.ioctl(queues[i], NetIo.TUNSETQUEUE, (nint)(&request));
        }
    }

    /// <summary>Takes one frame with its header.</summary>
    /// <param name="queue">Index of the queue.</param>
    /// <param name="vectors">Where it goes; what does not fit is cut off by the kernel.</param>
    /// <returns>Bytes, or a negative <c>errno</c>: -EAGAIN when there is none.</returns>
    public int Read(int queue, ReadOnlySpan<IoVector> vectors)
    {
        fixed (IoVector* first = vectors)
        {
            return Result(NetIo.readv(queues[queue], first, vectors.Length));
        }
    }

    /// <summary>Sends one frame with its header.</summary>
    /// <returns>Bytes, or a negative <c>errno</c>.</returns>
    public int Write(int queue, ReadOnlySpan<IoVector> vectors)
    {
        fixed (IoVector* first = vectors)
        {
            return Result(NetIo.writev(queues[queue], first, vectors.Length));
        }
    }

    /// <summary>Closes all queues.</summary>
    public void Dispose()
    {
        foreach (FileDescriptor fd in queues)
        {
            fd.Dispose();
        }
    }

    private static int Result(nint count) => count >= 0 ? (int)count : -Marshal.GetLastPInvokeError();

    private static void Check(TapOptions options)
    {
        if (options.Queues is < 1 or > MaximumQueues)
        {
            throw new ArgumentException($"a tap interface has 1 to {MaximumQueues} queues, not {options.Queues}");
        }

        if (options.Name.Length is 0 or >= InterfaceRequest.NameSize || Encoding.UTF8.GetByteCount(options.Name) != options.Name.Length)
        {
            throw new ArgumentException($"the interface name '{options.Name}' does not have 1 to {InterfaceRequest.NameSize - 1} plain characters");
        }

        if (options.Address is { AddressFamily: not AddressFamily.InterNetwork } || options.Netmask is { AddressFamily: not AddressFamily.InterNetwork })
        {
            throw new ArgumentException($"the address {options.Address} of {options.Name} is not IPv4");
        }

        if ((options.Address is null) != (options.Netmask is null))
        {
            throw new ArgumentException($"address and netmask of {options.Name} need each other");
        }
    }

    private static FileDescriptor OpenTun()
    {
        int number = Libc.open(TunPath, Libc.O_RDWR | Libc.O_CLOEXEC | NetIo.O_NONBLOCK, 0);
        return number >= 0 ? new FileDescriptor(number) : throw HostException.FromLastError($"cannot open {TunPath}");
    }

    private static string Attach(FileDescriptor fd, string name, bool multiQueue)
    {
        InterfaceRequest request = NetIo.Request(name);
        request.Flags = (short)(NetIo.IFF_TAP | NetIo.IFF_NO_PI | NetIo.IFF_VNET_HDR | (multiQueue ? NetIo.IFF_MULTI_QUEUE : 0));
        NetIo.Call(fd, NetIo.TUNSETIFF, ref request, $"cannot open the tap interface {name}");
        return request.GetName();
    }

    private static string CheckTap(int number)
    {
        if (!IsTap(number, out InterfaceRequest request))
        {
            throw HostException.FromLastError($"descriptor {number} is no tap");
        }

        if ((request.Flags & NetIo.IFF_TAP) == 0 || (request.Flags & NetIo.IFF_VNET_HDR) == 0)
        {
            throw new HostException($"descriptor {number} ({request.GetName()}) is no tap with a virtio header", ErrorNumber.EINVAL);
        }

        return request.GetName();
    }

    // No more than a queue holds: somebody may send without end.
    private static void DropFrames(FileDescriptor queue)
    {
        byte ignored = 0;
        var start = new IoVector((nint)(&ignored), 1);
        for (int i = 0; i < LongestQueue && NetIo.readv(queue, &start, 1) > 0; i++)
        {
        }
    }

    private static bool IsTap(int number, out InterfaceRequest request)
    {
        InterfaceRequest answer = default;
        bool isTap = NetIo.ioctl(number, NetIo.TUNGETIFF, (nint)(&answer)) >= 0;
        request = answer;
        return isTap;
    }

    private static void SetHeaderSize(FileDescriptor fd, string name)
    {
        int size = HeaderSize;
        if (Libc.ioctl(fd, NetIo.TUNSETVNETHDRSZ, (nint)(&size)) < 0)
        {
            throw HostException.FromLastError($"cannot set the header size of the tap interface {name}");
        }
    }

    private static void SetNonBlocking(FileDescriptor fd)
    {
        int flags = NetIo.fcntl(fd, NetIo.F_GETFL, 0);
        _ = NetIo.fcntl(fd, NetIo.F_SETFL, flags | NetIo.O_NONBLOCK);
        _ = NetIo.fcntl(fd, NetIo.F_SETFD, NetIo.FD_CLOEXEC);
    }
}
