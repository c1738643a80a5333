namespace Limber.CommandLine.CloudHypervisor;

/// <summary>The help text of Cloud Hypervisor's dialect.</summary>
internal static class CloudHypervisorHelp
{
    public const string Text = """
        Limber, Cloud Hypervisor's dialect. Options take two dashes: --option value or --option=value.

          --kernel FILE                    a bzImage or a vmlinux with a PVH note
          --initramfs FILE, --cmdline TEXT
          --cpus boot=N,max=N,topology=THREADS:CORES:DIES:PACKAGES      default boot=1
          --memory size=N[K|M|G],shared=on|off                          default size=512M
                   ,hotplug_size=N,hotplug_method=acpi|virtio-mem       how much vm.resize can add, and by what
                   ,hotplugged_size=N                                   virtio-mem: there from the start
                   ,hugepages=on,hugepage_size=N,prefault=on            the host's huge pages; all pages at the start
          --memory-zone id=ID,size=N,hotplug_size=N,...  ...            with --memory size=0,hotplug_method=virtio-mem
          --numa guest_numa_id=N,cpus=[N,N-N],distances=[N@D],memory_zones=[ID] ...
          --serial off|null|tty|pty|file=FILE|socket=PATH               default null
          --console off|null|tty|pty|file=FILE                          default tty
          --api-socket PATH | path=PATH    REST interface; alone: wait there for vm.create
          --no-shutdown                    a power-off stops the guest and keeps the process
          --seccomp false
          --x-limber operation_deadline=SECONDS   for the guest's answer to a hotplug request; default 60
          --x-limber guest_agent=on|off    a port for QEMU's guest agent; Limber is its host side
          -v, -vv, -vvv                    log more
          -V, --version, -h, --help

        """;
}
