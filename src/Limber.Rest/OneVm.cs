using Limber.Config;
using Limber.Control;

namespace Limber.Rest;

/// <summary>The machine of a process that has one for its life.</summary>
internal sealed class OneVm(IVirtualMachine machine) : IVmHost
{
    /// <inheritdoc/>
    public IVirtualMachine Machine => machine;

    /// <inheritdoc/>
    public void Create(VmConfig config) => throw new VmException(VmErrorCode.InvalidState, "the VM is already created");

    /// <inheritdoc/>
    public void Delete() => throw new VmException(
        VmErrorCode.InvalidState, "the process has one VM for its life: use vm.shutdown to turn it off, vmm.shutdown to end the process");

    /// <inheritdoc/>
    public void Quit() => machine.Quit(ShutdownReason.HostQmpQuit);
}
