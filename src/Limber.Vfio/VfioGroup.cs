using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;
using System.Text;
using Limber.Interop;
using Limber.Vfio.Native;

namespace Limber.Vfio;

/// <summary>An IOMMU group of the host: the functions that can only be passed to one machine together.</summary>
/// <remarks>Thread: the one that plugs and unplugs.</remarks>
public sealed unsafe class VfioGroup : IDisposable
{
    private readonly IVfioCalls calls;
    private readonly FileDescriptor descriptor;

    private VfioGroup(IVfioCalls calls, int number, FileDescriptor descriptor)
    {
        this.calls = calls;
        Number = number;
        this.descriptor = descriptor;
    }

    /// <summary>The host's number of it.</summary>
    public int Number { get; }

    internal FileDescriptor Descriptor => descriptor;

    /// <summary>Functions of this machine that are in it.</summary>
    internal int DeviceCount { get; set; }

    /// <summary>Opens the group of a function and puts it into the container.</summary>
    /// <exception cref="VfioException">Somebody else uses it, or the host's drivers have functions of it.</exception>
    public static VfioGroup Open(IVfioCalls calls, VfioHostFunction function, VfioContainer container)
    {
        ArgumentNullException.ThrowIfNull(calls);
        ArgumentNullException.ThrowIfNull(function);
        ArgumentNullException.ThrowIfNull(container);
        string file = $"/dev/vfio/{function.Group}";
        int fd = calls.Open(file);
        if (fd < 0)
        {
            throw new VfioException(function.Path, $"{file} of its IOMMU group cannot be opened", -fd, AdviseOpen(-fd));
        }

        var group = new VfioGroup(calls, function.Group, new FileDescriptor(fd));
        try
        {
            group.CheckViable(function);
            container.Join(group.descriptor, function.Path);
            return group;
        }
        catch
        {
            group.Dispose();
            throw;
        }
    }

    /// <summary>Opens a function of the group.</summary>
    /// <exception cref="VfioException">The kernel refused.</exception>
    public VfioDevice OpenDevice(VfioHostFunction function)
    {
        ArgumentNullException.ThrowIfNull(function);
        byte[] name = Encoding.ASCII.GetBytes(function.Address + "\0");
        int fd;
        fixed (byte* text = name)
        {
            fd = calls.Control(descriptor, VfioIoctl.VFIO_GROUP_GET_DEVICE_FD, (nint)text);
        }

        return fd < 0
            ? throw new VfioException(function.Path, $"cannot be opened in IOMMU group {Number}", -fd)
            : new VfioDevice(calls, function.Path, new FileDescriptor(fd));
    }

    /// <summary>Closes it; it leaves its container.</summary>
    public void Dispose() => descriptor.Dispose();

    private void CheckViable(VfioHostFunction function)
    {
        vfio_group_status status = new() { argsz = (uint)sizeof(vfio_group_status) };
        int result = calls.Control(descriptor, VfioIoctl.VFIO_GROUP_GET_STATUS, (nint)(&status));
        if (result < 0)
        {
            throw new VfioException(function.Path, $"the state of IOMMU group {Number} cannot be read", -result);
        }

        if ((status.flags & VfioIoctl.VFIO_GROUP_FLAGS_VIABLE) != 0)
        {
            return;
        }

        IReadOnlyList<string> foreign = function.FindForeignMembers();
        string who = foreign.Count == 0 ? "the kernel doesn't say why" : $"the host uses {string.Join(", ", foreign)}";
        throw new VfioException(
            function.Path, $"IOMMU group {Number} cannot be passed through: {who}", advice: "bind all functions of the group to vfio-pci");
    }

    private static string AdviseOpen(int errorNumber)
    {
        const int EPERM = 1, ENOENT = 2, EACCES = 13, EBUSY = 16;
        return errorNumber switch
        {
            EBUSY => "another process uses the group, and one machine only can",
            EACCES or EPERM => "let this user read and write the file",
            ENOENT => "load the module vfio-pci",
            _ => "",
        };
    }
}
