using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using Limber.Block;
using Limber.Config.Backends;
using Limber.Control;
using Limber.VirtioDevices.Net;

namespace Limber.Machine;

/// <summary>The backends that exist by name.</summary>
/// <remarks>Thread: any. Lock order: <see cref="gate"/> is a leaf; images are opened and closed without it.</remarks>
internal sealed class BackendSet : IDisposable
{
    private readonly Lock gate = new();
    private readonly List<BlockBackend> blocks = [];
    private readonly List<NetBackend> nets = [];
    private readonly HashSet<string> reserved = new(StringComparer.Ordinal);

    /// <summary>Opens an image as configured.</summary>
    /// <exception cref="BlockImageException">It can't be opened.</exception>
    public static IBlockImage OpenImage(BlockImageConfig config) => BlockImages.Open(new BlockImageOptions
    {
        Path = config.Path,
        Format = config.Format switch
        {
            BlockFormat.Raw => BlockImageFormat.Raw,
            BlockFormat.Qcow2 => BlockImageFormat.Qcow2,
            _ => BlockImageFormat.Probe,
        },
        ReadOnly = config.ReadOnly,
        Cache = config.WriteThrough ? BlockCacheMode.Writethrough : BlockCacheMode.Writeback,
        Direct = config.Direct,
        NoFlush = config.NoFlush,
        Discard = config.Discard,
        Aio = config.Engine switch
        {
            BlockIoEngine.IoUring => BlockAio.IoUring,
            BlockIoEngine.Threads => BlockAio.Threads,
            _ => BlockAio.Auto,
        },
    });

    public IReadOnlyList<BackendInfo> GetAll()
    {
        lock (gate)
        {
            return
            [
                .. blocks.Select(b => new BackendInfo(b.Config, b.User, b.Image.Capacity, b.Image.Format)),
                .. nets.Select(n => new BackendInfo(n.Config, n.User)),
            ];
        }
    }

    /// <exception cref="VmException">DuplicateId, HostFailure, InvalidDevice.</exception>
    public void Add(BackendConfig config)
    {
        if (config is NetBackendConfig net)
        {
            AddNet(net);
            return;
        }

        if (config is not BlockBackendConfig block)
        {
            throw new VmException(VmErrorCode.InvalidDevice, $"the backend '{config.Name}' is of a kind that is not built yet");
        }

        lock (gate)
        {
            if (blocks.Exists(b => b.Config.Name == config.Name) || !reserved.Add(config.Name))
            {
                throw new VmException(VmErrorCode.DuplicateId, $"Duplicate nodes with node-name='{config.Name}'") { DeviceId = config.Name };
            }
        }

        try
        {
            var backend = new BlockBackend(block, OpenImage(block.Image));
            lock (gate)
            {
                blocks.Add(backend);
            }
        }
        catch (BlockImageException e)
        {
            throw new VmException(VmErrorCode.HostFailure, e.Message, e);
        }
        finally
        {
            lock (gate)
            {
                reserved.Remove(config.Name);
            }
        }
    }

    /// <exception cref="VmException">BackendNotFound, BackendInUse.</exception>
    public void RemoveBlock(string name)
    {
        BlockBackend backend;
        lock (gate)
        {
            backend = blocks.Find(b => b.Config.Name == name) ?? throw NotFound(name);
            if (backend.User is not null)
            {
                throw new VmException(VmErrorCode.BackendInUse, $"Node {name} is in use") { DeviceId = name };
            }

            blocks.Remove(backend);
        }

        backend.Image.Dispose();
    }

    /// <summary>
    /// Forgets a network backend. A card that uses it stays, as in QEMU, with its cable pulled for good; the connection is closed
    /// with the card.
    /// </summary>
    /// <exception cref="VmException">BackendNotFound.</exception>
    public void RemoveNet(string name)
    {
        INetCard? card;
        NetBackend backend;
        lock (gate)
        {
            backend = nets.Find(n => n.Config.Name == name)
                ?? throw new VmException(VmErrorCode.BackendNotFound, $"Device '{name}' not found") { DeviceId = name };
            nets.Remove(backend);
            card = backend.Card;
        }

        card?.SetLink(false);
        backend.Dispose();
    }

    /// <summary>The card that was to be made for a backend is there.</summary>
    public void ConnectNet(NetBackend backend, INetCard card)
    {
        bool isForgotten;
        lock (gate)
        {
            backend.Card = card;
            isForgotten = !nets.Contains(backend);
        }

        // By somebody who did not wait for the card.
        if (isForgotten)
        {
            card.SetLink(false);
        }
    }

    /// <summary>Plugs or pulls the cable of a card for a client.</summary>
    /// <param name="name">Its backend; null for one without a name.</param>
    /// <param name="card">The card.</param>
    /// <param name="up">The guest sees a link.</param>
    /// <exception cref="VmException">InvalidState: the backend was removed.</exception>
    public void SetLink(string? name, INetCard card, bool up)
    {
        lock (gate)
        {
            if (up && name is not null && !nets.Exists(n => n.Card == card))
            {
                throw new VmException(VmErrorCode.InvalidState, $"the network backend '{name}' was removed, and the cable of its card with it") { DeviceId = name };
            }
        }

        card.SetLink(up);
    }

    /// <summary>Takes a network backend for a card.</summary>
    /// <exception cref="VmException">BackendNotFound, BackendInUse.</exception>
    public NetBackend AcquireNet(string name, string user)
    {
        lock (gate)
        {
            NetBackend backend = nets.Find(n => n.Config.Name == name)
                ?? throw new VmException(VmErrorCode.BackendNotFound, $"no network backend has the name '{name}'") { DeviceId = name };
            if (backend.User is { } other)
            {
                throw new VmException(VmErrorCode.BackendInUse, $"the network backend '{name}' is in use by '{other}'") { DeviceId = name };
            }

            backend.User = user;
            return backend;
        }
    }

    /// <summary>Gives a network backend back.</summary>
    public void ReleaseNet(NetBackend backend)
    {
        lock (gate)
        {
            backend.User = null;
            backend.Card = null;
        }
    }

    /// <summary>Takes a backend for a device.</summary>
    /// <exception cref="VmException">BackendNotFound, BackendInUse.</exception>
    public BlockBackend Acquire(string name, string user)
    {
        lock (gate)
        {
            BlockBackend backend = blocks.Find(b => b.Config.Name == name) ?? throw NotFound(name);
            if (backend.User is { } other)
            {
                throw new VmException(VmErrorCode.BackendInUse, $"Drive '{name}' is already in use by '{other}'") { DeviceId = name };
            }

            backend.User = user;
            return backend;
        }
    }

    /// <summary>Gives a backend back.</summary>
    public void Release(BlockBackend backend)
    {
        lock (gate)
        {
            backend.User = null;
        }
    }

    /// <summary>Closes all of them. No device uses any.</summary>
    public void Dispose()
    {
        lock (gate)
        {
            blocks.ForEach(b => b.Image.Dispose());
            blocks.Clear();
            nets.ForEach(n => n.Dispose());
            nets.Clear();
        }
    }

    private void AddNet(NetBackendConfig config)
    {
        // Block nodes and network backends have names of their own each.
        string reservation = "net " + config.Name;
        lock (gate)
        {
            if (nets.Exists(n => n.Config.Name == config.Name) || !reserved.Add(reservation))
            {
                throw new VmException(VmErrorCode.DuplicateId, $"Duplicate ID '{config.Name}'") { DeviceId = config.Name };
            }
        }

        try
        {
            RequireUnshared(config);
            NetBackend backend = NetBackend.Open(config);
            lock (gate)
            {
                nets.Add(backend);
            }
        }
        finally
        {
            lock (gate)
            {
                reserved.Remove(reservation);
            }
        }
    }

    // Each would close it.
    private void RequireUnshared(NetBackendConfig config)
    {
        if (config is not TapBackendConfig { Descriptors: { IsEmpty: false } descriptors })
        {
            return;
        }

        lock (gate)
        {
            foreach (NetBackend other in nets)
            {
                if (other.Config is TapBackendConfig tap && tap.Descriptors.Intersect(descriptors).Any())
                {
                    throw new VmException(
                        VmErrorCode.BackendInUse, $"descriptor {tap.Descriptors.Intersect(descriptors).First()} is the network backend '{other.Config.Name}'s already");
                }
            }
        }
    }

    private static VmException NotFound(string name) =>
        new(VmErrorCode.BackendNotFound, $"Failed to find node with node-name='{name}'") { DeviceId = name };
}
