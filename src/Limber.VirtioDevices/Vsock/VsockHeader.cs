using System.Runtime.InteropServices;

namespace Limber.VirtioDevices.Vsock;

/// <summary>
/// What is before the payload of each packet (VIRTIO 1.2, 5.10.6).
/// <code>
///   0 le64 src_cid   8 le64 dst_cid   16 le32 src_port   20 le32 dst_port   24 le32 len   28 le16 type
///   30 le16 op       32 le32 flags    36 le32 buf_alloc  40 le32 fwd_cnt
/// </code>
/// </summary>
[StructLayout(LayoutKind.Sequential, Pack = 4)]
internal struct VsockHeader
{
    public const int Bytes = 44;
    public const ushort StreamType = 1;

    /// <summary>The other end receives no more.</summary>
    public const uint NoReceive = 1;

    /// <summary>The other end sends no more.</summary>
    public const uint NoSend = 2;

    public ulong SourceContext;
    public ulong DestinationContext;
    public uint SourcePort;
    public uint DestinationPort;
    public uint Length;
    public ushort Type;
    public VsockOperation Operation;
    public uint Flags;
    public uint BufferSize;
    public uint Forwarded;
}
