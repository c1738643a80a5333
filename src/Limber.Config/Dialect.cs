namespace Limber.Config;

/// <summary>The public interface a command line or a control connection speaks.</summary>
public enum Dialect
{
    /// <summary>QEMU's command line, QMP and HMP.</summary>
    Qemu,

    /// <summary>StratoVirt's command line and its QMP variant.</summary>
    StratoVirt,

    /// <summary>Cloud Hypervisor's command line and REST interface.</summary>
    CloudHypervisor,
}
