using System.Collections.Generic;
using Limber.Rest.Handlers;

namespace Limber.Rest.Routing;

/// <summary>
/// All routes. Spec: <c>cloud-hypervisor.yaml</c> 0.3.0, in its order, then what this project adds.
/// </summary>
internal static class ApiRoutes
{
    private const string Get = "GET";
    private const string Put = "PUT";

    public static IReadOnlyList<Route> Create(MachineGate gate, RestServerOptions options)
    {
        VmmHandlers vmm = new(gate, options);
        InfoHandlers info = new(gate);
        CreationHandlers creation = new(gate);
        LifecycleHandlers lifecycle = new(gate);
        ResizeHandler resize = new(gate);
        DeviceHandlers devices = new(gate);
        OperationHandlers operations = new(gate);
        return
        [
            new(Get, "vmm.ping", BodyRule.None, "The VMM could not be reached", vmm.Ping),
            new(Put, "vmm.shutdown", BodyRule.None, "The VMM could not be shut down", vmm.Shutdown),
            new(Get, "vm.info", BodyRule.None, "The VM info is not available", info.Info),
            new(Get, "vm.counters", BodyRule.None, "The VM counters are not available", info.Counters),
            new(Put, "vm.create", BodyRule.Required, "The VM could not be created", creation.Create),
            new(Put, "vm.delete", BodyRule.None, "The VM could not be deleted", creation.Delete),
            new(Put, "vm.boot", BodyRule.None, "The VM could not boot", lifecycle.Boot),
            new(Put, "vm.pause", BodyRule.None, "The VM could not be paused", lifecycle.Pause),
            new(Put, "vm.resume", BodyRule.None, "The VM could not be resumed", lifecycle.Resume),
            new(Put, "vm.shutdown", BodyRule.None, "The VM could not be shut down", lifecycle.Shutdown),
            new(Put, "vm.reboot", BodyRule.None, "The VM could not be rebooted", lifecycle.Reboot),
            new(Put, "vm.power-button", BodyRule.None, "The power button could not be pressed", lifecycle.PowerButton),
            new(Put, "vm.resize", BodyRule.Required, "The VM could not be resized", resize.Resize),
            new(Put, "vm.resize-disk", BodyRule.Required, "The disk could not be resized", devices.ResizeDisk),
            new(Put, "vm.resize-zone", BodyRule.Required, "The memory zone could not be resized", resize.ResizeZone),
            new(Put, "vm.add-device", BodyRule.Required, "The device could not be added to the VM", devices.AddHostDevice),
            new(Put, "vm.remove-device", BodyRule.Required, "The device could not be removed from the VM", devices.Remove),
            new(Put, "vm.add-disk", BodyRule.Required, "The disk could not be added to the VM", devices.AddDisk),
            new(Put, "vm.add-fs", BodyRule.Required, "The fs could not be added to the VM", devices.AddFs),
            NotBuilt("vm.add-generic-vhost-user", BodyRule.Required, "The device could not be added to the VM", "vhost-user devices are not built yet"),
            new(Put, "vm.add-pmem", BodyRule.Required, "The pmem device could not be added to the VM", devices.AddPmem),
            new(Put, "vm.add-net", BodyRule.Required, "The network device could not be added to the VM", devices.AddNet),
            new(Put, "vm.add-vsock", BodyRule.Required, "The vsock device could not be added to the VM", devices.AddVsock),
            NotBuilt("vm.add-vdpa", BodyRule.Required, "The vDPA device could not be added to the VM", "vDPA devices are not built yet"),
            NotBuilt("vm.add-user-device", BodyRule.Required, "The user device could not be added to the VM", "vfio-user devices are not built yet"),
            NotBuilt("vm.snapshot", BodyRule.Required, "The VM could not be snapshotted", "snapshots are not built yet"),
            NotBuilt("vm.coredump", BodyRule.Required, "The VM could not be dumped", "core dumps are not built yet"),
            NotBuilt("vm.nmi", BodyRule.None, "The NMI could not be sent", "NMI injection is not built yet"),
            NotBuilt("vm.restore", BodyRule.Required, "The VM could not be restored", "snapshots are not built yet"),
            NotBuilt("vm.receive-migration", BodyRule.Required, "The migration could not be received", "migration is not built yet"),
            NotBuilt("vm.send-migration", BodyRule.Required, "The migration could not be sent", "migration is not built yet"),

            new(Put, "vm.add-guest-agent", BodyRule.Required, "The guest agent's port could not be added to the VM", devices.AddGuestAgent),
            new(Get, "vm.operations", BodyRule.None, "The operations are not available", operations.List),
            new(Get, "vm.operations/{id}", BodyRule.None, "The operation is not available", operations.Get),
            new(Put, "vm.operations/{id}/cancel", BodyRule.None, "The operation could not be cancelled", operations.Cancel),
        ];
    }

    private static Route NotBuilt(string path, BodyRule body, string failure, string cause) =>
        new(Put, path, body, failure, _ => throw RestException.Refused(500, cause));
}
