namespace Limber.Cpu;

/// <summary>What a machine type allows.</summary>
/// <param name="Name">Full versioned name, such as <c>pc-q35-10.0</c>; it appears in messages.</param>
/// <param name="MaxCpus">Largest number of slots.</param>
public sealed record SmpMachine(string Name, uint MaxCpus)
{
    /// <summary>Smallest number of CPUs at boot.</summary>
    public uint MinCpus { get; init; } = 1;

    /// <summary>Machine types up to 6.1 fill in missing sockets first, later ones missing cores.</summary>
    public bool PreferSockets { get; init; }

    /// <summary>Sockets may have more than one die.</summary>
    public bool SupportsDies { get; init; } = true;

    /// <summary>Dies may have more than one module.</summary>
    public bool SupportsModules { get; init; } = true;
}
