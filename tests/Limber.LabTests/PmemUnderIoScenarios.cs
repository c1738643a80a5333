using System;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text.Json;
using Limber.TestKit;

namespace Limber.LabTests;

/// <summary>Persistent memory that is taken away while a file system on it is mounted with dax and used.</summary>
internal static class PmemUnderIoScenarios
{
    public static Scenario[] All =>
    [
        new("pmem-under-io", UnderIo),
    ];

    private static void UnderIo(LabContext context)
    {
        string file = DiskFile.Make(context, "pmem.img", 16);
        BothVm vm = BothVm.Start(context, "virtio_pci,virtio_pmem,nd_pmem");
        vm.Guest.Run("mkdir -p /mnt; echo 1 >/proc/sys/kernel/printk");
        void Ask(string q, double s = 20)
        {
            try
            {
                context.Figures.Add(q + " => " + vm.Guest.Run(q, s));
            }
            catch (ScenarioException e)
            {
                context.Figures.Add(q + " => FAILED " + e.Message);
            }

            foreach (string f in context.Figures) { Console.WriteLine(f); }
            context.Figures.Clear();
        }

        vm.Watch(() =>
        {
            for (int round = 0; round < (context.Steps ?? 2); round++)
            {
                vm.AddByRest("pmem", $$"""{"id":"p","file":"{{file}}"}""");
                vm.Guest.RunUntil("[ -b /dev/pmem0 ] && echo there", "there", 30);
                if (round == 0)
                {
                    vm.Guest.Run("mke2fs -b 4096 /dev/pmem0");
                }

                Ask("mount -t ext4 -o dax /dev/pmem0 /mnt; echo $?; grep pmem /proc/mounts");
                Ask("head -c 1000000 /dev/urandom >/mnt/host; cp /bin/busybox /mnt/busybox; sync");
                var traffic = new FsTraffic(vm.Guest, "/mnt");
                traffic.Start();
                if (round > 0)
                {
                    Ask("/mnt/busybox sh -c 'while :; do :; done' 2>/tmp/runner & x=$!; usleep 200000");
                }

                Ask("ps | grep -E 'mnt|dd'");
                Console.WriteLine(vm.Api.Send("PUT", "vm.remove-device?wait=20", """{"id":"p"}"""));
                Console.WriteLine(vm.Api.Send("GET", "vm.operations/" + vm.LastOperation().ToString(CultureInfo.InvariantCulture)).Body);
                Ask("ps | grep -E 'mnt|dd'");
                Ask("dmesg | tail -n 60");
                Ask("wait $w $r $c");
                Ask("wait $x; echo $?");
                Ask("tail -n 1 /tmp/writer; tail -n 1 /tmp/reader; tail -n 1 /tmp/copier; cat /tmp/runner");
                Ask("cat /proc/mounts; cat /proc/iomem | grep -i -E 'pers|name'");
                Ask("sha256sum </tmp/kept");
                Ask("umount -l /mnt; echo $?");
                Ask("kill $h; wait $h; ls /mnt");
                Ask("dmesg | tail -n 60");
                Console.WriteLine(vm.Qmp.Execute("query-status").GetRawText());
                Console.WriteLine(vm.Api.Send("GET", "vm.operations/" + vm.LastOperation().ToString(CultureInfo.InvariantCulture)).Body);
            }
        });
        vm.Vm.PowerOff();
    }
}
