using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using Limber.Interop;
using Limber.Net;
using Limber.VirtioDevices.Native;

namespace Limber.VirtioDevices.Net;

/// <summary>A tap interface as a network device's host side.</summary>
public sealed class TapNetBackend : INetBackend
{
    private static readonly TapOffloads[] Candidates =
    [
        TapOffloads.Checksum | TapOffloads.Tcp4 | TapOffloads.Tcp6 | TapOffloads.TcpEcn | TapOffloads.Udp,
        TapOffloads.Checksum | TapOffloads.Tcp4 | TapOffloads.Tcp6 | TapOffloads.TcpEcn,
        TapOffloads.Checksum | TapOffloads.Tcp4 | TapOffloads.Tcp6,
        TapOffloads.Checksum,
    ];

    private readonly TapInterface tap;
    private readonly ImmutableArray<FileDescriptor> senders;
    private readonly LinkChanges links;

    /// <param name="tap">Owned from here on, unless this throws.</param>
    /// <exception cref="HostException">The host has no descriptors left.</exception>
    public TapNetBackend(TapInterface tap)
    {
        ArgumentNullException.ThrowIfNull(tap);
        this.tap = tap;
        SupportedOffloads = Candidates.FirstOrDefault(tap.SetOffloads);
        _ = tap.SetOffloads(TapOffloads.None);
        links = LinkChanges.Open();
        var opened = new List<FileDescriptor>();
        try
        {
            foreach (FileDescriptor queue in tap.Queues)
            {
                opened.Add(HostCalls.Duplicate(queue));
            }

            senders = [.. opened];
        }
        catch
        {
            opened.ForEach(sender => sender.Dispose());
            links.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public string Name => tap.Name;

    /// <inheritdoc/>
    public int Pairs => tap.Queues.Length;

    /// <inheritdoc/>
    public TapOffloads SupportedOffloads { get; }

    /// <inheritdoc/>
    /// <remarks>
    /// A tap whose interface was deleted has an error, for ever. But it wakes those who wait for frames a moment before it has it, so that
    /// who looks at once finds nothing; and who waits for nothing but errors is not woken at all.
    /// </remarks>
    public FileDescriptor? LossDescriptor => links.Descriptor;

    /// <inheritdoc/>
    public unsafe bool CheckLost()
    {
        links.Clear();
        PollDescriptor first = new() { fd = tap.Queues[0].Number };
        return Libc.poll(&first, 1, 0) > 0 && (first.revents & (PollDescriptor.POLLERR | PollDescriptor.POLLHUP)) != 0;
    }

    /// <inheritdoc/>
    public FileDescriptor GetReceiveDescriptor(int pair) => tap.Queues[pair];

    /// <inheritdoc/>
    public FileDescriptor GetSendDescriptor(int pair) => senders[pair];

    /// <inheritdoc/>
    public int Receive(int pair, ReadOnlySpan<IoVector> target) => tap.Read(pair, target);

    /// <inheritdoc/>
    public int Send(int pair, ReadOnlySpan<IoVector> source) => tap.Write(pair, source);

    /// <inheritdoc/>
    public void SetOffloads(TapOffloads offloads) => _ = tap.SetOffloads(offloads);

    /// <inheritdoc/>
    public void SetActivePairs(int count) => tap.SetActiveQueues(count);

    /// <inheritdoc/>
    public void Dispose()
    {
        links.Dispose();
        foreach (FileDescriptor sender in senders)
        {
            sender.Dispose();
        }

        tap.Dispose();
    }
}
