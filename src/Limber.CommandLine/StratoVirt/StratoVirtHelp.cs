namespace Limber.CommandLine.StratoVirt;

/// <summary>The help text of StratoVirt's dialect.</summary>
internal static class StratoVirtHelp
{
    public const string Text = """
        Limber, StratoVirt's dialect. Options take one dash and are given once; a comma can't be part of a value.

          -machine [type=]q35[,accel=kvm][,mem-share=on|off][,dump-guest-core=on|off][,usb=off]
          -accel kvm
          -cpu host
          -smp [cpus=]N[,maxcpus=N][,sockets=N][,dies=N][,cores=N][,threads=N]
          -m [size=]N[k|M|G][,maxmem=N]    128M to 512G, default 256M; without a suffix MiB
          -object memory-backend-ram|memory-backend-memfd|memory-backend-file,size=N[M|G],id=ID[,share=on][,mem-path=FILE]
          -numa node,[nodeid=N,]cpus=N[-N][:N[-N]...],memdev=ID; -numa dist,src=N,dst=N,val=N    at most 8 nodes
          -drive id=ID,file=FILE[,format=raw|qcow2][,readonly=on][,direct=on|off][,discard=unmap|ignore][,aio=native|io_uring|threads|off]
          -netdev tap,id=ID,ifname=NAME[,queues=N][,vhost=on]
          -device virtio-blk-pci,id=ID,drive=ID,bus=BUS,addr=SLOT.0[,serial=TEXT][,num-queues=N][,queue-size=N]
          -device virtio-net-pci,id=ID,netdev=ID,bus=BUS,addr=SLOT.0[,mac=MAC][,mq=on]
          -device pcie-root-port,id=ID,port=N,bus=pcie.0,addr=SLOT.0[,chassis=N]
          -device virtio-mem-pci,id=ID,memdev=ID,bus=BUS,addr=SLOT.0[,requested-size=N][,block-size=N]    block-size default 32M
          -device virtio-rng-pci|virtio-balloon-pci|virtio-vsock-pci|vfio-pci,id=ID,bus=BUS,addr=SLOT.0[,...]
          -object rng-random,id=ID,filename=FILE
          -name TEXT
          -kernel FILE, -initrd FILE, -append TEXT
          -serial stdio | pty | file,path=FILE | socket,path=PATH,server,nowait | chardev:ID
          -qmp unix:PATH,server,nowait | tcp:IP:PORT,server,nowait
          -chardev stdio|pty|file|socket,id=ID[,path=PATH][,server,nowait]
          -mon chardev=ID,id=NAME,mode=control
          -S                               wait for `cont` before the first instruction
          -disable-seccomp, -version, -help
          -x-limber operation-deadline=SECONDS   for the guest's answer to a hotplug request; default 60
          -x-limber api-socket=PATH        REST interface beside the monitors
          -x-limber guest-agent=on|off     a port for QEMU's guest agent; Limber is its host side

        Taken and ignored: -overcommit -uuid -no-user-config -nodefaults -sandbox -msg -rtc -boot -nographic
        -realtime -display -usb -no-shutdown

        """;
}
