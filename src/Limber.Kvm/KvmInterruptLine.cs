using Limber.Device;

namespace Limber.Kvm;

/// <summary>A wire to one pin of the in-kernel interrupt controllers.</summary>
public sealed class KvmInterruptLine : IInterruptLine
{
    private readonly KvmVm vm;
    private readonly uint gsi;

    public KvmInterruptLine(KvmVm vm, uint gsi)
    {
        this.vm = vm;
        this.gsi = gsi;
    }

    /// <inheritdoc/>
    public void Set(bool asserted) => vm.SetInterrupt(gsi, asserted);

    /// <inheritdoc/>
    public void Pulse()
    {
        vm.SetInterrupt(gsi, true);
        vm.SetInterrupt(gsi, false);
    }
}
