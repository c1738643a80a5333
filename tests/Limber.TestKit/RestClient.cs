using System;
using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Limber.Testing;

namespace Limber.TestKit;

/// <summary>Sends HTTP requests as curl does, one connection each, over a Unix socket.</summary>
/// <param name="socketPath">Path of the socket.</param>
public sealed class RestClient(string socketPath)
{
    /// <summary>Status and body of a request.</summary>
    /// <param name="method">GET or PUT.</param>
    /// <param name="route">Such as <c>vm.resize</c>.</param>
    /// <param name="body">JSON, or null for none.</param>
    /// <param name="descriptor">Sent beside the request; it stays the caller's. Null for none.</param>
    public (int Status, string Body) Send(string method, string route, string? body = null, int? descriptor = null)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified) { ReceiveTimeout = 120_000 };
        socket.Connect(new UnixDomainSocketEndPoint(socketPath));
        var request = new StringBuilder($"{method} /api/v1/{route} HTTP/1.1\r\nHost: localhost\r\nAccept: application/json\r\nConnection: close\r\n");
        if (body is not null)
        {
            request.Append(CultureInfo.InvariantCulture, $"Content-Type: application/json\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\n");
        }

        ReadOnlySpan<int> descriptors = descriptor is { } number ? [number] : [];
        DescriptorSender.Send(socket, Encoding.UTF8.GetBytes(request.Append("\r\n").Append(body).ToString()), descriptors);
        var reply = new StringBuilder();
        byte[] buffer = new byte[4096];
        while (socket.Receive(buffer) is int count and > 0)
        {
            reply.Append(Encoding.UTF8.GetString(buffer, 0, count));
        }

        string text = reply.ToString();
        int end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        if (end < 0)
        {
            throw new ScenarioException($"{method} {route} was answered by \"{text}\"");
        }

        return (int.Parse(text.AsSpan(9, 3), CultureInfo.InvariantCulture), text[(end + 4)..]);
    }
}
