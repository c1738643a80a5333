namespace Limber.VirtioDevices.Vhost;

/// <summary>Requests of <c>linux/vhost.h</c>, in their spelling.</summary>
internal static class VhostRequests
{
    public const uint VHOST_GET_FEATURES = 0x8008AF00;
    public const uint VHOST_SET_FEATURES = 0x4008AF00;
    public const uint VHOST_SET_OWNER = 0x0000AF01;
    public const uint VHOST_SET_MEM_TABLE = 0x4008AF03;
    public const uint VHOST_SET_VRING_NUM = 0x4008AF10;
    public const uint VHOST_SET_VRING_ADDR = 0x4028AF11;
    public const uint VHOST_SET_VRING_BASE = 0x4008AF12;
    public const uint VHOST_GET_VRING_BASE = 0xC008AF12;
    public const uint VHOST_SET_VRING_KICK = 0x4008AF20;
    public const uint VHOST_SET_VRING_CALL = 0x4008AF21;
    public const uint VHOST_NET_SET_BACKEND = 0x4008AF30;
}
