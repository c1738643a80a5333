using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Runtime.InteropServices;
using System.Text;
using Limber.Interop;

namespace Limber.VhostUser;

/// <summary>
/// A stream socket that carries vhost-user messages: a header of request, flags and size (12 bytes), a payload, and descriptors
/// beside it.
/// </summary>
/// <remarks>
/// The other process is not trusted: sizes are checked, surplus descriptors closed, and no call waits for ever.
/// Thread: one at a time.
/// </remarks>
public sealed unsafe class VhostUserSocket : IDisposable
{
    /// <summary>The most bytes of a payload.</summary>
    public const int MaximumPayload = 4096;

    /// <summary>The most descriptors beside one message.</summary>
    public const int MaximumDescriptors = 8;

    /// <summary>Flag: this is an answer.</summary>
    public const uint ReplyFlag = 4;

    /// <summary>Flag: an answer is wanted.</summary>
    public const uint NeedReplyFlag = 8;

    private const int HeaderSize = 12;
    private const uint Version = 1;
    private const uint VersionMask = 3;
    private const int MaximumPath = 107;

    private readonly FileDescriptor fd;

    /// <summary>Takes ownership of a connected stream socket.</summary>
    /// <param name="fd">The socket.</param>
    /// <param name="limit">How long a call waits for the other side.</param>
    public VhostUserSocket(FileDescriptor fd, TimeSpan limit)
    {
        ArgumentNullException.ThrowIfNull(fd);
        this.fd = fd;
        long* time = stackalloc long[2];
        time[0] = (long)limit.TotalSeconds;
        time[1] = limit.Microseconds + (limit.Milliseconds * 1000L);
        _ = Libc.setsockopt(fd, Libc.SOL_SOCKET, Libc.SO_RCVTIMEO, time, 16);
        _ = Libc.setsockopt(fd, Libc.SOL_SOCKET, Libc.SO_SNDTIMEO, time, 16);
    }

    /// <summary>For <c>epoll</c>: hangs up when the other side is gone.</summary>
    public FileDescriptor Descriptor => fd;

    /// <summary>Connects to a back end that listens.</summary>
    /// <exception cref="VhostUserException">Nobody listens there; the text names the path.</exception>
    public static VhostUserSocket Connect(string path, TimeSpan limit)
    {
        ArgumentNullException.ThrowIfNull(path);
        int length = Encoding.UTF8.GetByteCount(path);
        if (length is 0 or > MaximumPath)
        {
            throw new VhostUserException($"the socket path '{path}' does not have 1 to {MaximumPath} bytes");
        }

        int number = Libc.socket(Libc.AF_UNIX, Libc.SOCK_STREAM | Libc.SOCK_CLOEXEC, 0);
        if (number < 0)
        {
            throw new VhostUserException(HostException.FromLastError("cannot create a socket").Message);
        }

        var fd = new FileDescriptor(number);
        byte* address = stackalloc byte[2 + MaximumPath + 1];
        new Span<byte>(address, 2 + MaximumPath + 1).Clear();
        *(ushort*)address = Libc.AF_UNIX;
        Encoding.UTF8.GetBytes(path, new Span<byte>(address + 2, MaximumPath));

        // With its limits first: a back end that accepts nobody has a full queue, and connecting would wait for ever.
        var socket = new VhostUserSocket(fd, limit);
        if (Libc.connect(fd, address, (uint)(2 + length + 1)) < 0)
        {
            VhostUserException reason = Failure($"cannot connect to {path}");
            socket.Dispose();
            throw reason;
        }

        return socket;
    }

    /// <summary>Sends one message whole.</summary>
    /// <param name="request">Its number.</param>
    /// <param name="flags">Flags beside the version.</param>
    /// <param name="payload">At most <see cref="MaximumPayload"/> bytes.</param>
    /// <param name="descriptors">At most <see cref="MaximumDescriptors"/>; they stay the caller's.</param>
    /// <exception cref="VhostUserException">The other side is gone or does not read.</exception>
    public void Send(VhostUserRequest request, uint flags, ReadOnlySpan<byte> payload, ReadOnlySpan<int> descriptors)
    {
        Span<byte> message = stackalloc byte[HeaderSize + MaximumPayload];
        BinaryPrimitives.WriteUInt32LittleEndian(message, (uint)request);
        BinaryPrimitives.WriteUInt32LittleEndian(message[4..], flags | Version);
        BinaryPrimitives.WriteUInt32LittleEndian(message[8..], (uint)payload.Length);
        payload.CopyTo(message[HeaderSize..]);
        message = message[..(HeaderSize + payload.Length)];
        int sent = SendSome(message, descriptors, request);
        while (sent < message.Length)
        {
            sent += SendSome(message[sent..], [], request);
        }
    }

    /// <summary>Receives one message whole.</summary>
    /// <param name="payload">Receives the payload; <see cref="MaximumPayload"/> bytes.</param>
    /// <param name="descriptors">Receives the descriptors that came with it, or null to close them.</param>
    /// <returns>Request, flags and length of the payload.</returns>
    /// <exception cref="VhostUserException">Gone, silent for too long, or no vhost-user message.</exception>
    public (VhostUserRequest Request, uint Flags, int Length) Receive(Span<byte> payload, List<FileDescriptor>? descriptors)
    {
        Span<byte> header = stackalloc byte[HeaderSize];
        ReceiveExactly(header, descriptors);
        uint flags = BinaryPrimitives.ReadUInt32LittleEndian(header[4..]);
        uint length = BinaryPrimitives.ReadUInt32LittleEndian(header[8..]);
        if ((flags & VersionMask) != Version || length > (uint)payload.Length)
        {
            throw new VhostUserException($"the back end sent a message of version {flags & VersionMask} and {length} bytes, not of version {Version} and at most {payload.Length}");
        }

        ReceiveExactly(payload[..(int)length], descriptors);
        return ((VhostUserRequest)BinaryPrimitives.ReadUInt32LittleEndian(header), flags, (int)length);
    }

    /// <inheritdoc/>
    public void Dispose() => fd.Dispose();

    private int SendSome(ReadOnlySpan<byte> data, ReadOnlySpan<int> descriptors, VhostUserRequest request)
    {
        int rights = descriptors.Length * sizeof(int);
        int controlLength = sizeof(ControlHeader) + rights;
        ulong* control = stackalloc ulong[(sizeof(ControlHeader) + (MaximumDescriptors * sizeof(int))) / sizeof(ulong)];
        var controlHeader = (ControlHeader*)control;
        *controlHeader = new ControlHeader
        {
            Length = (nuint)controlLength,
            Level = Libc.SOL_SOCKET,
            Type = Libc.SCM_RIGHTS,
        };
        MemoryMarshal.AsBytes(descriptors).CopyTo(new Span<byte>(controlHeader + 1, rights));
        fixed (byte* start = data)
        {
            IoVector vector = new((nint)start, (nuint)data.Length);
            MessageHeader message = new()
            {
                Vectors = &vector,
                VectorCount = 1,
                Control = rights == 0 ? null : control,
                ControlLength = rights == 0 ? 0 : (nuint)((controlLength + 7) & ~7),
            };
            while (true)
            {
                nint sent = Libc.sendmsg(fd, &message, Libc.MSG_NOSIGNAL);
                if (sent >= 0)
                {
                    return (int)sent;
                }

                if (Marshal.GetLastPInvokeError() != ErrorNumber.EINTR)
                {
                    throw Failure($"cannot send {request} to the back end");
                }
            }
        }
    }

    private void ReceiveExactly(Span<byte> target, List<FileDescriptor>? descriptors)
    {
        while (!target.IsEmpty)
        {
            int received = ReceiveSome(target, descriptors);
            target = target[received..];
        }
    }

    private int ReceiveSome(Span<byte> target, List<FileDescriptor>? descriptors)
    {
        const int ControlWords = 8;
        ulong* control = stackalloc ulong[ControlWords];
        fixed (byte* start = target)
        {
            IoVector vector = new((nint)start, (nuint)target.Length);
            MessageHeader message = new()
            {
                Vectors = &vector,
                VectorCount = 1,
                Control = control,
                ControlLength = ControlWords * sizeof(ulong),
            };
            while (true)
            {
                nint received = Libc.recvmsg(fd, &message, Libc.MSG_CMSG_CLOEXEC);
                if (received > 0)
                {
                    TakeDescriptors((ControlHeader*)control, message.ControlLength, descriptors);
                    return (int)received;
                }

                if (received == 0)
                {
                    throw new VhostUserException("the back end closed the connection");
                }

                if (Marshal.GetLastPInvokeError() != ErrorNumber.EINTR)
                {
                    throw Failure("the back end does not answer");
                }
            }
        }
    }

    // One control message is all that a buffer of this size can hold; the kernel closes what does not fit.
    private static void TakeDescriptors(ControlHeader* header, nuint length, List<FileDescriptor>? descriptors)
    {
        if (length < (nuint)sizeof(ControlHeader) || header->Level != Libc.SOL_SOCKET || header->Type != Libc.SCM_RIGHTS)
        {
            return;
        }

        var numbers = new ReadOnlySpan<int>(header + 1, (int)((nuint.Min(header->Length, length) - (nuint)sizeof(ControlHeader)) / sizeof(int)));
        foreach (int number in numbers)
        {
            var descriptor = new FileDescriptor(number);
            if (descriptors is null)
            {
                descriptor.Dispose();
            }
            else
            {
                descriptors.Add(descriptor);
            }
        }
    }

    private static VhostUserException Failure(string what) =>
        Marshal.GetLastPInvokeError() == ErrorNumber.EAGAIN
            ? new VhostUserException(what + ": time is up")
            : new VhostUserException(HostException.FromLastError(what).Message);
}
