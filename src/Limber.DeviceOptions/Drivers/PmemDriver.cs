using System.Collections.Immutable;
using Limber.Config.Devices;
using Limber.DeviceOptions.Backends;

namespace Limber.DeviceOptions.Drivers;

/// <summary><c>virtio-pmem-pci</c>.</summary>
internal sealed class PmemDriver : DeviceDriver
{
    private const ulong Granule = 2 << 20;

    public override string Name => "virtio-pmem-pci";

    public override string Category => "Misc";

    private protected override ImmutableArray<PropertySpec> Own { get; } = [new("memdev", "link<memory-backend>")];

    private protected override DeviceConfig Create(DeviceReader reader)
    {
        string id = reader.Options.Text("memdev") is { Length: > 0 } text ? text : throw new OptionException("'memdev' property must be set");
        if (reader.References.FindObject(id) is not { } found)
        {
            throw new OptionException($"Device '{id}' not found") { IsNotFound = true };
        }

        if (found is not NamedObject.Memory { Config: { Path: { } path } file })
        {
            throw OptionException.NotBuilt($"memdev={id} of type {found.TypeName}", $"supported: {MemoryBackendOptions.FileType}");
        }

        return file.Size % Granule == 0
            ? new PmemDeviceConfig
            {
                Id = reader.Id,
                Bus = reader.Bus,
                Slot = reader.Slot,
                File = path,
                Size = file.Size,
                DiscardWrites = !file.Share,
            }
            : throw new OptionException($"backend memory size must be multiple of 0x{Granule:x}");
    }
}
