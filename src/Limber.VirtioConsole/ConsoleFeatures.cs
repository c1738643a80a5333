namespace Limber.VirtioConsole;

/// <summary>Feature bits of the console (VIRTIO 1.2, 5.3.3), as masks.</summary>
public static class ConsoleFeatures
{
    /// <summary>The configuration's cols and rows are valid.</summary>
    public const ulong Size = 1UL << 0;

    /// <summary>Several ports, and control queues.</summary>
    public const ulong Multiport = 1UL << 1;

    /// <summary>The configuration's emerg_wr may be written at any time.</summary>
    public const ulong EmergencyWrite = 1UL << 2;
}
