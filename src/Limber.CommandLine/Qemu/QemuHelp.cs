namespace Limber.CommandLine.Qemu;

/// <summary>The help text of QEMU's dialect.</summary>
internal static class QemuHelp
{
    public const string Text = """
        Limber, QEMU's dialect. Options take one dash or two; a comma within a value is doubled.

        Machine
          -machine, -M [type=]pc|q35[,accel=kvm][,PROPERTY=VALUE...]   also pc-i440fx-V, pc-q35-V; -machine help
          -accel kvm, -enable-kvm          the only accelerator, and the default
          -cpu MODEL[,+FLAG][,-FLAG]       default qemu64; -cpu help
          -smp [cpus=]N[,maxcpus=N][,sockets=N][,dies=N][,modules=N][,cores=N][,threads=N]
          -m [size=]N[k|M|G|T][,slots=N,maxmem=N]    default 128M; without a suffix MiB (maxmem: bytes); up to 256 slots
          -object memory-backend-ram|memory-backend-memfd,id=ID,size=N[k|M|G][,share=on|off][,prealloc=on|off]
                                           memory of a NUMA node, a DIMM or a virtio-mem device; memfd: hugetlb=on[,hugetlbsize=N]
          -mem-prealloc                    all boot memory is allocated before the guest starts
          -device pc-dimm,id=ID,memdev=ID[,node=N][,slot=N][,addr=ADDRESS]    sizes in multiples of 128 MiB
          -device virtio-mem-pci,id=ID,memdev=ID[,requested-size=N][,block-size=N][,node=N][,memaddr=ADDRESS]
          -numa node[,nodeid=N][,memdev=ID][,cpus=N[-N]]...
          -numa cpu,node-id=N[,socket-id=N][,die-id=N][,module-id=N][,core-id=N][,thread-id=N]
          -numa dist,src=N,dst=N,val=N
          -name TEXT, -uuid UUID
        PCI devices
          -drive file=FILE[,id=ID][,if=virtio|none][,format=raw|qcow2][,readonly=on][,discard=unmap]
                 [,cache=none|writeback|writethrough|directsync|unsafe][,aio=threads|native|io_uring]
          -blockdev raw|qcow2|file|host_device,node-name=NAME,file=NAME|file.driver=D,file.filename=FILE[,...]
          -netdev tap,id=ID[,ifname=NAME|fd=N|fds=N:N][,queues=N][,vhost=on|off][,script=FILE][,downscript=FILE]
          -netdev vhost-user,id=ID,chardev=ID[,queues=N]
          -device DRIVER[,id=ID][,bus=BUS][,addr=SLOT][,PROPERTY=VALUE...]    -device help, -device DRIVER,help
          -object rng-random,id=ID,filename=FILE    for -device virtio-rng-pci,rng=ID
          -object memory-backend-file,id=ID,mem-path=FILE,size=N[,share=on]    for pc-dimm, virtio-mem-pci, virtio-pmem-pci
        Boot
          -kernel FILE, -initrd FILE, -append TEXT
          -S                               wait for `cont` before the first instruction
          -no-reboot                       a reset ends the process
          -no-shutdown                     a power-off stops the guest and keeps the process
        Character devices and monitors
          -serial DEV                      up to four; DEV is stdio, null, pty, file:PATH,
                                           unix:PATH[,server=on|off][,wait=on|off], tcp:HOST:PORT[,...],
                                           mon:stdio, chardev:ID, or none
          -monitor DEV|none, -qmp DEV, -qmp-pretty DEV
          -chardev socket|stdio|pty|file|null,id=ID[,...]
          -mon [chardev=]ID[,mode=readline|control][,pretty=on|off]
          -display none, -nographic, -nodefaults, -no-user-config
        Other
          -pidfile FILE, -version, -help
          -x-limber operation-deadline=SECONDS   for the guest's answer to a hotplug request; default 60
          -x-limber api-socket=PATH        REST interface beside the monitors
          -x-limber guest-agent=on|off     a port for QEMU's guest agent; Limber is its host side

        """;
}
