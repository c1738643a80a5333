using System;
using System.Runtime.InteropServices;
using Limber.Interop;

namespace Limber.Net;

/// <summary>
/// Tells when something changed about network interfaces of the host: one came, went, or is up or down (rtnetlink, RTMGRP_LINK). What
/// it was is for the listener to look at. Of this process's network namespace.
/// </summary>
/// <remarks>Thread: one.</remarks>
public sealed unsafe class LinkChanges : IDisposable
{
    private const int Netlink = 16;
    private const int RawSocket = 3;
    private const int Route = 0;
    private const uint LinkGroup = 1;
    private const int ReadAtOnce = 4096;

    private LinkChanges(FileDescriptor descriptor) => Descriptor = descriptor;

    /// <summary>Readable after a change.</summary>
    public FileDescriptor Descriptor { get; }

    /// <summary>Listens from now on.</summary>
    /// <exception cref="HostException">The host has no descriptors left, or no netlink.</exception>
    public static LinkChanges Open()
    {
        int number = Libc.socket(Netlink, RawSocket | Libc.SOCK_CLOEXEC | Libc.SOCK_NONBLOCK, Route);
        FileDescriptor socket = number >= 0 ? new FileDescriptor(number) : throw HostException.FromLastError("cannot open a netlink socket");

        // struct sockaddr_nl; port 0 has the kernel choose one.
        NetlinkAddress address = new() { Family = Netlink, Groups = LinkGroup };
        if (Libc.bind(socket, (byte*)&address, (uint)sizeof(NetlinkAddress)) == 0)
        {
            return new LinkChanges(socket);
        }

        HostException refusal = HostException.FromLastError("cannot listen to changes of network interfaces");
        socket.Dispose();
        throw refusal;
    }

    /// <summary>Forgets all that has changed; <see cref="Descriptor"/> is not readable then.</summary>
    public void Clear()
    {
        byte* buffer = stackalloc byte[ReadAtOnce];

        // ENOBUFS, when there was no room for all, is an answer like any other.
        while (Libc.recv(Descriptor, buffer, ReadAtOnce, Libc.MSG_DONTWAIT) >= 0 || Marshal.GetLastPInvokeError() == ErrorNumber.ENOBUFS)
        {
        }
    }

    /// <inheritdoc/>
    public void Dispose() => Descriptor.Dispose();

    [StructLayout(LayoutKind.Sequential)]
    private struct NetlinkAddress
    {
        public ushort Family;
        public ushort Padding;
        public uint Port;
        public uint Groups;
    }
}
