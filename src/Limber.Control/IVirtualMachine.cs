using System;
using System.Collections.Generic;
using System.Threading.Tasks;
using Limber.Config;

namespace Limber.Control;

/// <summary>
/// One machine as every front end sees it. All front ends share one instance, so what one changes the others see.
/// </summary>
/// <remarks>
/// Thread: any, except inside an event handler. Calls that change something return when it is done or throw
/// <see cref="VmException"/> with nothing changed.
/// </remarks>
public interface IVirtualMachine
{
    /// <summary>What the machine was created from.</summary>
    VmConfig Config { get; }

    /// <summary>The processor model's bare name, such as <c>qemu64</c>; its device type is <c>MODEL-x86_64-cpu</c>.</summary>
    string CpuModelName { get; }

    /// <summary>Now.</summary>
    RunState State { get; }

    /// <summary>All possible processors by ascending index: one consistent snapshot.</summary>
    IReadOnlyList<CpuSlot> GetCpuSlots();

    /// <summary>
    /// What all plugged processors are doing, by ascending index. They stand still together while they are looked at, so this is
    /// one moment.
    /// </summary>
    /// <exception cref="VmException">HostFailure.</exception>
    IReadOnlyList<CpuRegisters> GetCpuRegisters();

    /// <summary>
    /// Plugs all processors of the list, or none: every request is checked before the first is carried out, and the
    /// guest is notified once. Returns one operation a request, in their order.
    /// </summary>
    /// <param name="requests">What to plug.</param>
    /// <param name="deadline">How long the guest has to answer; null for the machine's default (<see cref="VmConfig.OperationDeadline"/>).</param>
    /// <exception cref="VmException">CpuIndexOutOfRange, CpuSlotOccupied, DuplicateId, InvalidState, HostFailure.</exception>
    IReadOnlyList<IHotplugOperation> PlugCpus(IReadOnlyList<CpuPlugRequest> requests, TimeSpan? deadline = null);

    /// <summary>
    /// Plugs as <see cref="PlugCpus"/> does, and has the guest's agent bring the processors online when the guest has taken them:
    /// one operation more, of kind <see cref="OperationKind.CpuOnline"/> and behind the others, says what became of that. A guest
    /// that has not started uses them by itself, and there is no such operation. Blocks some seconds at most, for the agent.
    /// </summary>
    /// <inheritdoc cref="PlugCpus"/>
    /// <exception cref="VmException">
    /// As for <see cref="PlugCpus"/>; InvalidState also when the machine has no port for an agent, or no agent answers there.
    /// </exception>
    IReadOnlyList<IHotplugOperation> PlugCpusOnline(IReadOnlyList<CpuPlugRequest> requests, TimeSpan? deadline = null);

    /// <summary>
    /// Asks the guest to give processors back; all or none is asked, and the guest is notified once. Asking again for one
    /// whose removal is pending notifies the guest again, gives it the deadline anew and returns the pending operation.
    /// </summary>
    /// <param name="indexes">Slots.</param>
    /// <param name="deadline">As for <see cref="PlugCpus"/>.</param>
    /// <exception cref="VmException">CpuIndexOutOfRange, CpuSlotEmpty, BootCpu, InvalidState.</exception>
    IReadOnlyList<IHotplugOperation> UnplugCpus(IReadOnlyList<int> indexes, TimeSpan? deadline = null);

    /// <summary>The PCI devices.</summary>
    IDeviceManager Devices { get; }

    /// <summary>Memory devices and the memory's size.</summary>
    IMemoryManager Memory { get; }

    /// <summary>All operations that are not final and the most recent final ones (256), by ascending id.</summary>
    IReadOnlyList<IHotplugOperation> GetOperations();

    /// <summary>The operation with an id, or null when there is none or it was dropped from the list.</summary>
    IHotplugOperation? FindOperation(long id);

    /// <summary>Runs the processors. No effect when they run.</summary>
    /// <exception cref="VmException">InvalidState after a shutdown or an internal error: a reset is needed first.</exception>
    void Resume();

    /// <summary>Stops the processors; returns when all have stopped. No effect when they are stopped.</summary>
    void Pause();

    /// <summary>Resets the machine; returns when it is reset. Pending removals are complete afterwards. Plugged processors stay.</summary>
    void Reset(ShutdownReason reason);

    /// <summary>
    /// Turns the machine off and keeps it: it is as after its creation, its memory is given back to the host, and
    /// <see cref="Resume"/> boots it. Pending removals are complete afterwards; plugged processors stay. No effect when it is
    /// off.
    /// </summary>
    void PowerOff(ShutdownReason reason);

    /// <summary>Presses the power button: the guest decides what it does.</summary>
    void PressPowerButton();

    /// <summary>
    /// Begins to end the machine: the Shutdown event is delivered to all subscribers before the call returns,
    /// <see cref="Completion"/> follows. No effect when it has ended.
    /// </summary>
    void Quit(ShutdownReason reason);

    /// <summary>Completes with the process exit code when the machine has ended (0 for a power-off or a quit).</summary>
    Task<int> Completion { get; }

    /// <summary>
    /// Calls <paramref name="handler"/> for every event from now on, one at a time and in order, on whichever thread
    /// caused it; a handler queues and returns: it must not block nor call the machine. An event that a call of this
    /// interface causes has been handed to every handler before that call returns. Dispose the result to end it.
    /// </summary>
    IDisposable Subscribe(Action<VmEvent> handler);
}
