using System.Collections.Immutable;
using Limber.Config.Devices;

namespace Limber.DeviceOptions.Drivers;

/// <summary><c>virtio-vsock-pci</c>: the host side is a Unix socket, an extension of this project.</summary>
internal sealed class VsockDriver : DeviceDriver
{
    private const uint MinContextId = 3;

    public override string Name => "virtio-vsock-pci";

    public override string Category => "Network";

    private protected override ImmutableArray<PropertySpec> Own { get; } =
        [PropertySpec.Number("guest-cid", "uint64", 0), PropertySpec.Text("socket")];

    private protected override DeviceConfig Create(DeviceReader reader)
    {
        long context = reader.Options.Number("guest-cid", MinContextId, uint.MaxValue - 1)
            ?? throw new OptionException("guest-cid property must be greater than 2");
        return new VsockDeviceConfig
        {
            Id = reader.Id,
            Bus = reader.Bus,
            Slot = reader.Slot,
            ContextId = (uint)context,
            Socket = SocketPath.Check("socket", reader.Options.Text("socket") is { Length: > 0 } path
                ? path
                : throw new OptionException("socket property not set: the Unix socket that stands for the host's side")),
        };
    }
}
