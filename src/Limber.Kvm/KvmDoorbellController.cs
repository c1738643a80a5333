using System;
using Limber.Device;
using Limber.Interop;
using Limber.Interop.Kvm;

namespace Limber.Kvm;

/// <summary>Guest writes that become events inside the kernel (ioeventfd). Thread: any.</summary>
public sealed unsafe class KvmDoorbellController : IDoorbellController
{
    private const uint FallbackWidth = 2; // what a virtio driver writes without VIRTIO_F_NOTIFICATION_DATA

    private readonly KvmVm vm;
    private readonly uint width;

    internal KvmDoorbellController(KvmVm vm, bool anyLength)
    {
        this.vm = vm;

        // Length 0 stands for every length, and for the kernel's quickest path.
        width = anyLength ? 0 : FallbackWidth;
    }

    /// <inheritdoc/>
    public IDisposable? Bind(ulong address, HostEvent target)
    {
        ArgumentNullException.ThrowIfNull(target);
        return Set(address, target, 0) ? new Binding(this, address, target) : null;
    }

    private bool Set(ulong address, HostEvent target, uint flags)
    {
        kvm_ioeventfd request = new() { addr = address, len = width, fd = target.Descriptor.Number, flags = flags };
        return vm.TryCall(KvmIoctl.KVM_IOEVENTFD, &request) >= 0;
    }

    private sealed class Binding(KvmDoorbellController controller, ulong address, HostEvent target) : IDisposable
    {
        private bool disposed;

        public void Dispose()
        {
            if (!disposed)
            {
                disposed = true;
                _ = controller.Set(address, target, kvm_ioeventfd.KVM_IOEVENTFD_FLAG_DEASSIGN);
            }
        }
    }
}
