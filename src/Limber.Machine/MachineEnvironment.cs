using System;
using System.Collections.Immutable;
using System.Threading;
using Limber.Device;
using Limber.Vfio;

namespace Limber.Machine;

/// <summary>What a machine may use of the program that holds it.</summary>
public sealed record MachineEnvironment
{
    /// <summary>Path of the hypervisor.</summary>
    public string KvmPath { get; init; } = "/dev/kvm";

    /// <summary>Wall clock and timers.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>
    /// Host sides of the serial ports of the configuration, in its order; the machine owns them from its creation on. A null
    /// entry is a port that does not exist.
    /// </summary>
    public ImmutableArray<ICharacterBackend?> SerialBackends { get; init; } = [];

    /// <summary>Is told, once each and in words, of failures that stop the machine. Thread: the machine's own.</summary>
    public Action<string> Diagnostic { get; init; } = static _ => { };

    /// <summary>Starts the thread of a vCPU; tests let it fail.</summary>
    internal Action<Thread> StartThread { get; init; } = static thread => thread.Start();

    /// <summary>The host's VFIO; null for the kernel's. Tests have one of their own.</summary>
    internal IVfioCalls? VfioCalls { get; init; }
}
