using System.Collections.Generic;
using System.Linq;
using System.Threading;
using Limber.Config.Backends;
using Limber.Control;
using Limber.DeviceOptions;
using Limber.DeviceOptions.Backends;
using Limber.Servers.Qmp;

namespace Limber.Servers.Devices.Pci;

/// <summary>
/// blockdev-add, drive_add and their opposites. Clients build an image of several nodes; the machine has one backend for all
/// of them, which has the uppermost one's name. Thread: any.
/// </summary>
internal sealed class BlockBackends(IDeviceManager devices)
{
    private readonly Lock gate = new();
    private readonly BlockNodeTable nodes = new();

    /// <summary>The node below the one with a name, when a client gave it or named it; else null.</summary>
    public BlockNode? ChildOf(string name)
    {
        lock (gate)
        {
            return nodes.Find(name)?.Child;
        }
    }

    /// <summary>A client made it with <c>blockdev-add</c>.</summary>
    public bool IsNode(string name)
    {
        lock (gate)
        {
            return nodes.Find(name) is not null;
        }
    }

    /// <exception cref="QmpException">Refused; nothing changed.</exception>
    public void AddNode(OptionBag bag, PciWords words)
    {
        lock (gate)
        {
            BlockNode node;
            try
            {
                if (bag.TryGet("node-name", out OptionValue name) && name.AsText() is { } text && Find(text) is not null)
                {
                    throw words.BlockNodeExists(text);
                }

                node = BlockdevOptions.Read(bag, Find);
                nodes.RequireFreeChild(node);
            }
            catch (OptionException refusal)
            {
                throw new QmpException(QmpErrorClass.GenericError, refusal.Message, refusal);
            }

            Open(node, words);
            nodes.Add(node);
        }
    }

    /// <exception cref="QmpException">Refused; nothing changed.</exception>
    public void AddDrive(Drive drive, PciWords words)
    {
        lock (gate)
        {
            int number = 0;
            string? name = drive.Id;
            while (name is null)
            {
                string candidate = $"none{number++}";
                name = Find(candidate) is null ? candidate : null;
            }

            if (Find(name) is not null)
            {
                throw new QmpException($"Duplicate ID '{name}' for drive");
            }

            AddBackend(name, drive.Image, words);
        }
    }

    /// <exception cref="QmpException">There is none, or it is in use.</exception>
    public void Remove(string name, PciWords words)
    {
        lock (gate)
        {
            BlockNode node = Find(name) ?? throw words.BlockNodeNotFound(name);
            if (nodes.UserOf(name) is not null)
            {
                throw new QmpException($"Node {name} is in use");
            }

            try
            {
                devices.RemoveBlockBackend(name);
            }
            catch (VmException refusal)
            {
                throw refusal.Code switch
                {
                    VmErrorCode.BackendNotFound => words.BlockNodeNotFound(name),
                    VmErrorCode.BackendInUse => new QmpException(QmpErrorClass.GenericError, $"Node {name} is in use", refusal),
                    _ => new QmpException(QmpErrorClass.GenericError, refusal.Message, refusal),
                };
            }

            nodes.Remove(name);
            if (node is { ChildIsReference: true, Child.Name: { } child } && !TryOpen(child, node.Child.Image))
            {
                // The file has gone in the meantime, and with it the node.
                nodes.Remove(child);
            }
        }
    }

    private BlockNode? Find(string name)
    {
        if (nodes.Find(name) is { } known)
        {
            return known;
        }

        // Given on the command line. What has no format of its own may get one on top of it.
        BackendInfo? backend = Backends.FirstOrDefault(backend => backend.Config.Name == name);
        BlockImageConfig? image = (backend?.Config as BlockBackendConfig)?.Image;
        return image is null ? null
            : image.Format == BlockFormat.Raw ? new BlockNode { Name = name, Driver = "file", Image = image }
            : new BlockNode { Name = name, Driver = backend!.Format ?? "raw", Image = image, Child = new BlockNode { Driver = "file", Image = image } };
    }

    private IEnumerable<BackendInfo> Backends => devices.GetBackends().Where(static backend => backend.Config is BlockBackendConfig);

    // An image is open once: a node on top of an existing one takes its place.
    private void Open(BlockNode node, PciWords words)
    {
        if (!node.ChildIsReference)
        {
            AddBackend(node.Name!, node.Image, words);
            return;
        }

        string child = node.Child!.Name!;
        try
        {
            devices.RemoveBlockBackend(child);
        }
        catch (VmException refusal)
        {
            throw new QmpException(QmpErrorClass.GenericError, $"Node '{child}' is in use", refusal);
        }

        try
        {
            AddBackend(node.Name!, node.Image, words);
        }
        catch (QmpException)
        {
            TryOpen(child, node.Child.Image);
            throw;
        }
    }

    private void AddBackend(string name, BlockImageConfig image, PciWords words)
    {
        try
        {
            devices.AddBackend(new BlockBackendConfig { Name = name, Image = image });
        }
        catch (VmException refusal)
        {
            throw refusal.Code == VmErrorCode.DuplicateId
                ? words.BlockNodeExists(name)
                : new QmpException(QmpErrorClass.GenericError, refusal.Message, refusal);
        }
    }

    private bool TryOpen(string name, BlockImageConfig image)
    {
        try
        {
            devices.AddBackend(new BlockBackendConfig { Name = name, Image = image });
            return true;
        }
        catch (VmException)
        {
            return false;
        }
    }
}
