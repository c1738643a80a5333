namespace Limber.Config;

/// <summary>What a monitor speaks.</summary>
public enum MonitorProtocol
{
    /// <summary>JSON, for programs.</summary>
    Qmp,

    /// <summary>Text, for people.</summary>
    Hmp,
}

/// <summary>A monitor on a character device.</summary>
/// <param name="Protocol">QMP or HMP.</param>
/// <param name="Dialect">Greeting, negotiation and reply texts of QEMU or of StratoVirt.</param>
/// <param name="Backend">Where it is reached.</param>
/// <param name="Pretty">Indent JSON output (QEMU's <c>pretty=on</c>).</param>
public sealed record MonitorConfig(MonitorProtocol Protocol, Dialect Dialect, ChardevConfig Backend, bool Pretty = false);
