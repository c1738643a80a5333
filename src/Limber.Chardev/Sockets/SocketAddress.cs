using System;
using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Runtime.InteropServices;
using System.Text;
using Limber.Chardev.Native;
using Limber.Interop;

namespace Limber.Chardev.Sockets;

/// <summary>An address as the C library takes it, and the text that names it in messages.</summary>
/// <remarks>
/// <code>
///   sockaddr_un   family 2 | path, zero-terminated, at most 108
///   sockaddr_in   family 2 | port 2, big endian | address 4 | zero 8
///   sockaddr_in6  family 2 | port 2, big endian | flow 4 | address 16 | scope 4
/// </code>
/// </remarks>
internal sealed class SocketAddress
{
    private const int MaximumPathBytes = 107;
    private const int FamilyBytes = 2;

    private SocketAddress(byte[] bytes, string name)
    {
        Bytes = bytes;
        Name = name;
    }

    /// <summary>The C structure.</summary>
    public byte[] Bytes { get; }

    /// <summary>Such as <c>socket '/run/vm.sock'</c> or <c>127.0.0.1:4444</c>.</summary>
    public string Name { get; }

    public int Family => BitConverter.ToUInt16(Bytes);

    /// <summary>TCP port; 0 for a Unix socket.</summary>
    public int Port => Family == Libc.AF_UNIX ? 0 : BinaryPrimitives.ReadUInt16BigEndian(Bytes.AsSpan(FamilyBytes));

    /// <exception cref="ChardevException">The path is empty, too long or has a zero byte.</exception>
    public static SocketAddress Unix(string path)
    {
        int length = Encoding.UTF8.GetByteCount(path);
        if (length is 0 or > MaximumPathBytes)
        {
            throw new ChardevException($"socket path '{path}' has {length} bytes; a path has 1 to {MaximumPathBytes}");
        }

        if (path.Contains('\0'))
        {
            throw new ChardevException($"socket path '{path.Replace('\0', '?')}' contains a zero byte");
        }

        byte[] bytes = new byte[FamilyBytes + length + 1];
        bytes[0] = Libc.AF_UNIX;
        Encoding.UTF8.GetBytes(path, bytes.AsSpan(FamilyBytes));
        return new SocketAddress(bytes, $"socket '{path}'");
    }

    /// <summary>The addresses of a host, best first. An empty name is the loopback address.</summary>
    /// <param name="host">Name or address.</param>
    /// <param name="port">0 to let a server's be chosen.</param>
    /// <exception cref="ChardevException">There is no such host, or the port is out of range.</exception>
    public static unsafe SocketAddress[] Resolve(string host, int port)
    {
        if (port is < 0 or > ushort.MaxValue)
        {
            throw new ChardevException($"port {port} of host '{host}' is not in 0..{ushort.MaxValue}");
        }

        AddressInfo hints = new() { ai_socktype = Libc.SOCK_STREAM };
        AddressInfo* list;
        int error = Posix.getaddrinfo(host.Length == 0 ? "127.0.0.1" : host, null, &hints, &list);
        if (error != 0)
        {
            throw new ChardevException($"cannot resolve host '{host}': {Marshal.PtrToStringUTF8(Posix.gai_strerror(error))}");
        }

        try
        {
            return Copy(list, port);
        }
        finally
        {
            Posix.freeaddrinfo(list);
        }
    }

    /// <summary>An address that the kernel gave.</summary>
    public static SocketAddress FromBytes(ReadOnlySpan<byte> bytes) => new(bytes.ToArray(), Describe(bytes));

    private static unsafe SocketAddress[] Copy(AddressInfo* list, int port)
    {
        int count = 0;
        for (AddressInfo* i = list; i != null; i = i->ai_next)
        {
            count++;
        }

        var addresses = new SocketAddress[count];
        AddressInfo* entry = list;
        for (int i = 0; i < count; i++, entry = entry->ai_next)
        {
            byte[] bytes = new ReadOnlySpan<byte>(entry->ai_addr, (int)entry->ai_addrlen).ToArray();
            BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(FamilyBytes), (ushort)port);
            addresses[i] = FromBytes(bytes);
        }

        return addresses;
    }

    private static string Describe(ReadOnlySpan<byte> bytes)
    {
        int family = BitConverter.ToUInt16(bytes);
        if (family == Libc.AF_UNIX)
        {
            return "a Unix socket";
        }

        int port = BinaryPrimitives.ReadUInt16BigEndian(bytes[FamilyBytes..]);
        return family == Posix.AF_INET6
            ? string.Create(CultureInfo.InvariantCulture, $"[{new IPAddress(bytes.Slice(8, 16))}]:{port}")
            : string.Create(CultureInfo.InvariantCulture, $"{bytes[4]}.{bytes[5]}.{bytes[6]}.{bytes[7]}:{port}");
    }
}
