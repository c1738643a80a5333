using System.Threading.Tasks;

namespace Limber.Control;

/// <summary>A resize in progress or done. Thread: any.</summary>
public interface IHotplugOperation
{
    /// <summary>The newest snapshot.</summary>
    OperationSnapshot Current { get; }

    /// <summary>Completes with the final snapshot. Continuations never run on a machine or vCPU thread.</summary>
    Task<OperationSnapshot> Completion { get; }

    /// <summary>Withdraws the request if the guest has not acted on it; false if it is too late.</summary>
    bool TryCancel();
}
