using System;
using System.Text.Json.Serialization.Metadata;
using System.Threading.Tasks;
using Limber.Config.Devices;
using Limber.Control;
using Limber.Interop;
using Limber.Rest.Json;
using Limber.Rest.Json.Devices;

namespace Limber.Rest.Handlers;

/// <summary><c>vm.add-*</c>, <c>vm.remove-device</c> and <c>vm.resize-disk</c>.</summary>
internal sealed class DeviceHandlers(MachineGate gate)
{
    private const string DeviceFailure = "Error from device manager";
    private const ulong SectorSize = 512;

    public Task<RestReply> AddDisk(RestRequest request) => Add(request, RestJson.Context.DiskBody, DeviceConfigs.Disk, "_disk");

    /// <summary>Descriptors that came with the request are the card's queues; numbers in the body are nobody's.</summary>
    public async Task<RestReply> AddNet(RestRequest request)
    {
        NetBody body = await request.ReadJsonAsync(RestJson.Context.NetBody).ConfigureAwait(false);
        using ReceivedDescriptors descriptors = request.TakeDescriptors();
        RestReply reply = await Plug(DeviceConfigs.Net(body, descriptors.Numbers), "_net").ConfigureAwait(false);
        descriptors.HandOver();
        return reply;
    }

    public Task<RestReply> AddFs(RestRequest request) => Add(request, RestJson.Context.FsBody, DeviceConfigs.Fs, "_fs");

    public Task<RestReply> AddPmem(RestRequest request) => Add(request, RestJson.Context.PmemBody, DeviceConfigs.Pmem, "_pmem");

    public Task<RestReply> AddVsock(RestRequest request) => Add(request, RestJson.Context.VsockBody, DeviceConfigs.Vsock, "_vsock");

    /// <summary>A port for QEMU's guest agent (an extension of this project).</summary>
    public Task<RestReply> AddGuestAgent(RestRequest request) =>
        Add(request, RestJson.Context.GuestAgentBody, DeviceConfigs.GuestAgent, "_agent");

    /// <summary>By its path only; Cloud Hypervisor also takes one descriptor of a VFIO character device.</summary>
    public async Task<RestReply> AddHostDevice(RestRequest request)
    {
        HostDeviceBody body = await request.ReadJsonAsync(RestJson.Context.HostDeviceBody).ConfigureAwait(false);
        using ReceivedDescriptors descriptors = request.TakeDescriptors();
        return descriptors.Count switch
        {
            0 => await Plug(DeviceConfigs.HostDevice(body), "_vfio").ConfigureAwait(false),
            1 => throw RestException.Refused(500, DeviceFailure, "a host device by descriptor is not built yet; name it by path"),
            int count => throw RestException.Malformed("Bad Request", $"{count} descriptors came with the request; a host device has one at most"),
        };
    }

    /// <summary>204 when the guest was asked; <c>?wait=SECONDS</c> when it has let go.</summary>
    public async Task<RestReply> Remove(RestRequest request)
    {
        TimeSpan? wait = OperationWait.Parse(request.Query("wait"));
        VmRemoveDevice body = await request.ReadJsonAsync(RestJson.Context.VmRemoveDevice).ConfigureAwait(false);
        string id = body.Id ?? throw RestException.Malformed("Bad Request", "id is missing");
        IHotplugOperation operation = await gate.ChangeAsync(machine => OrRefuse(() => machine.Devices.UnplugDevice(id))).ConfigureAwait(false);
        return wait is { } limit
            ? await OperationWait.ForAsync(gate, [operation], limit, request.Aborted).ConfigureAwait(false)
            : RestReply.NoContent;
    }

    public async Task<RestReply> ResizeDisk(RestRequest request)
    {
        VmResizeDisk body = await request.ReadJsonAsync(RestJson.Context.VmResizeDisk).ConfigureAwait(false);
        if (body is not { Id: { } id, DesiredSize: { } size })
        {
            throw RestException.Malformed("Bad Request", "id or desired_size is missing");
        }

        if (size == 0 || size % SectorSize != 0)
        {
            throw RestException.Refused(500, DeviceFailure, $"desired_size {size} is not a multiple of {SectorSize} bytes above 0");
        }

        await gate.ChangeAsync(machine => machine.Devices.ResizeDisk(id, size)).ConfigureAwait(false);
        return RestReply.NoContent;
    }

    private async Task<RestReply> Add<T>(RestRequest request, JsonTypeInfo<T> type, Func<T, DeviceConfig> convert, string prefix)
        where T : DeviceBody => await Plug(convert(await request.ReadJsonAsync(type).ConfigureAwait(false)), prefix).ConfigureAwait(false);

    // A guest that has not started finds the device when it does: nothing has been plugged into it, and nothing is answered.
    private async Task<RestReply> Plug(DeviceConfig config, string prefix)
    {
        (DevicePlug plug, bool booted) = await gate.ChangeAsync(machine =>
            (OrRefuse(() => machine.Devices.PlugDevice(config.Id is null ? config with { Id = machine.Devices.CreateDeviceId(prefix) } : config)),
                machine.State != RunState.Prelaunch)).ConfigureAwait(false);
        return booted
            ? RestReply.Json(new PciDeviceInfo(plug.Device.Id!, plug.Device.Location.ToString()), RestJson.Context.PciDeviceInfo)
            : RestReply.NoContent;
    }

    // These two have statuses of their own.
    private static T OrRefuse<T>(Func<T> call)
    {
        try
        {
            return call();
        }
        catch (VmException refusal) when (refusal.Code is not (VmErrorCode.DeviceNotFound or VmErrorCode.DuplicateId))
        {
            throw RestException.Refused(500, DeviceFailure, refusal.Message);
        }
    }
}
