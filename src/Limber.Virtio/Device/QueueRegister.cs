namespace Limber.Virtio;

/// <summary>Registers that each queue has, whatever the transport (VIRTIO 1.2, 4.1.4.3).</summary>
public enum QueueRegister
{
    Size,
    Enable,
    Descriptors,
    Driver,
    Device,
    Reset,
}
