using System;
using Limber.Interop;
using Limber.Net;

namespace Limber.VirtioDevices.Net;

/// <summary>
/// The host side of a network device: Ethernet frames, each behind a header of <see cref="TapInterface.HeaderSize"/> bytes.
/// </summary>
/// <remarks>
/// Thread: <see cref="Receive"/> and <see cref="Send"/> one a pair and direction; the rest one at a time. No call waits, none on
/// a frame's path allocates. The device disposes its back end.
/// </remarks>
public interface INetBackend : IDisposable
{
    /// <summary>For messages: the interface's name.</summary>
    string Name { get; }

    /// <summary>Number of queues in each direction, at least 1.</summary>
    int Pairs { get; }

    /// <summary>What <see cref="SetOffloads"/> can be given.</summary>
    TapOffloads SupportedOffloads { get; }

    /// <summary>
    /// Readable when the back end may be gone: then <see cref="CheckLost"/> says. Null for one whose queues say it themselves, each time.
    /// </summary>
    FileDescriptor? LossDescriptor { get; }

    /// <summary>Whether the back end is gone. Takes what made <see cref="LossDescriptor"/> readable.</summary>
    bool CheckLost();

    /// <summary>Readable when there are frames. Error or hang-up means that the queue is gone.</summary>
    FileDescriptor GetReceiveDescriptor(int pair);

    /// <summary>Writable when there is room; another descriptor than that for receiving.</summary>
    FileDescriptor GetSendDescriptor(int pair);

    /// <summary>Takes one frame with its header; what does not fit is cut off.</summary>
    /// <returns>Bytes, or a negative <c>errno</c>: -EAGAIN when there is none.</returns>
    int Receive(int pair, ReadOnlySpan<IoVector> target);

    /// <summary>Sends one frame with its header.</summary>
    /// <returns>Bytes, or a negative <c>errno</c>: -EAGAIN when there is no room.</returns>
    int Send(int pair, ReadOnlySpan<IoVector> source);

    /// <summary>Says which frames the receiver takes as they are.</summary>
    void SetOffloads(TapOffloads offloads);

    /// <summary>Frames arrive only in the first queues from here on; the others may say that they are gone.</summary>
    void SetActivePairs(int count);
}
