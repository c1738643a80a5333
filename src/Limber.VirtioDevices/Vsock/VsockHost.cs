using System;
using System.Collections.Generic;
using System.Globalization;
using System.Runtime.InteropServices;
using Limber.Chardev;
using Limber.Chardev.Native;
using Limber.Chardev.Sockets;
using Limber.Config;
using Limber.Device.Loop;
using Limber.Interop;

namespace Limber.VirtioDevices.Vsock;

/// <summary>The host's side: the socket that programs connect to, and those that the guest's connections go to.</summary>
/// <remarks>
/// Programs that connect while no driver is there wait in the socket's queue.
/// Thread: the device's loop, but for construction and <see cref="Dispose"/>.
/// </remarks>
internal sealed class VsockHost : IDisposable
{
    private const int AcceptsPerTurn = 16;
    private static readonly TimeSpan Rest = TimeSpan.FromMilliseconds(100);
    private readonly string path;
    private readonly ListeningSocket listener;
    private readonly HashSet<VsockHandshake> handshakes = [];
    private VsockDevice? device;
    private LoopSource? source;
    private LoopTimer? timer;

    /// <exception cref="ChardevException">Somebody listens there, or it can't be used; the text names the path.</exception>
    public VsockHost(string path)
    {
        // Ports have up to ten digits; a path too long for them is refused now and not when the guest connects.
        _ = SocketAddress.Unix($"{path}_{uint.MaxValue}");
        this.path = path;
        listener = ListeningSocket.Open(new ChardevConfig.UnixSocket(path, Server: true, Wait: false));
    }

    public int Handshakes => handshakes.Count;

    public void Start(VsockDevice owner, DeviceLoop loop)
    {
        device = owner;
        source = loop.Add(listener.Descriptor, LoopEvents.Readable, OnReady, owner);
        timer = loop.CreateTimer(Resume, owner);
    }

    public void Stop()
    {
        source?.Dispose();
        source = null;
        timer?.Dispose();
        foreach (VsockHandshake handshake in handshakes)
        {
            handshake.Dispose();
        }

        handshakes.Clear();
    }

    public void Remove(VsockHandshake handshake)
    {
        if (handshakes.Remove(handshake))
        {
            Resume();
        }
    }

    /// <summary>Accepts again after there was no room.</summary>
    public void Resume() => source?.Modify(LoopEvents.Readable);

    /// <summary>Connects to the program that serves a port; null when there is none.</summary>
    public FileDescriptor? TryConnect(uint port)
    {
        string target = string.Create(CultureInfo.InvariantCulture, $"{path}_{port}");
        FileDescriptor? socket = null;
        try
        {
            socket = SocketConnector.Create(Libc.AF_UNIX, Libc.SOCK_NONBLOCK);
            if (SocketConnector.TryConnect(socket, SocketAddress.Unix(target)) == 0)
            {
                return socket;
            }
        }
        catch (ChardevException)
        {
            // The host has no descriptors left: as if nobody were there.
        }

        socket?.Dispose();
        return null;
    }

    public void Dispose() => listener.Dispose();

    private unsafe void OnReady(LoopEvents events)
    {
        for (int i = 0; i < AcceptsPerTurn; i++)
        {
            if (!device!.HasRoom)
            {
                source!.Modify(LoopEvents.None);
                return;
            }

            int number = Posix.accept4(listener.Descriptor, null, null, Libc.SOCK_CLOEXEC | Libc.SOCK_NONBLOCK);
            if (number < 0)
            {
                if (Marshal.GetLastPInvokeError() is not (ErrorNumber.EAGAIN or ErrorNumber.EINTR))
                {
                    // No descriptors: the socket stays readable, so it is looked at again later.
                    source!.Modify(LoopEvents.None);
                    timer!.Start(Rest);
                }

                return;
            }

            handshakes.Add(new VsockHandshake(device, new FileDescriptor(number)));
        }
    }
}
