namespace Limber.CommandLine;

/// <summary>The text of <c>limber --help</c>: what the program is and how each dialect starts a machine.</summary>
internal static class GeneralHelp
{
    public const string Text = """
        Limber runs a Linux guest on KVM (x86-64) whose processors are added and removed while it runs.

        Usage: limber OPTIONS...                  the dialect is told from the style of the options
               limber qemu OPTIONS...             QEMU's options; QMP and HMP monitors
               limber stratovirt OPTIONS...       StratoVirt's options; its QMP
               limber cloud-hypervisor OPTIONS... Cloud Hypervisor's options; its REST interface
               limber DIALECT --help              all options of a dialect
               limber --version

        Invoked under the name qemu-system-x86_64, stratovirt or cloud-hypervisor (a link will do), the
        program speaks that dialect only.

        QEMU's dialect: start with one processor, have up to eight
          limber -machine q35,accel=kvm -cpu host -smp 1,maxcpus=8 -m 2G -display none -nodefaults \
                 -kernel bzImage -initrd initrd.img -append "console=ttyS0" -serial file:console.log \
                 -monitor stdio -qmp unix:qmp.sock,server=on,wait=off
          then, at the monitor:
            (qemu) device_add host-x86_64-cpu,id=cpu1,socket-id=0,core-id=1,thread-id=0
            (qemu) device_del cpu1

        StratoVirt's dialect
          limber -machine q35 -smp 1,maxcpus=2 -m 512 -kernel bzImage -initrd initrd.img \
                 -append "console=ttyS0" -serial stdio -qmp unix:qmp.sock,server,nowait
          then, on the socket:
            {"execute":"device_add","arguments":{"id":"cpu1","driver":"generic-x86-cpu","cpu-id":1}}

        Cloud Hypervisor's dialect
          limber --kernel vmlinux --initramfs initrd.img --cmdline "console=ttyS0" \
                 --cpus boot=4,max=8 --memory size=1024M --serial tty --console off --api-socket api.sock
          then
            curl --unix-socket api.sock -X PUT http://localhost/api/v1/vm.resize \
                 -H 'Content-Type: application/json' -d '{"desired_vcpus":8}'

        """;
}
