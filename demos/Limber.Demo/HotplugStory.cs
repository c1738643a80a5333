using System.Diagnostics;
using System.IO;
using System.Text.Json;
using Limber.TestKit;

namespace Limber.Demo;

/// <summary>
/// A guest boots, gets and gives back processors, memory and a disk, by QMP and by REST; once it refuses; and powers off.
/// </summary>
/// <param name="console">Where it is told.</param>
/// <param name="machine">What it is told of.</param>
internal sealed class HotplugStory(StoryConsole console, StoryMachine machine)
{
    private const long MiB = 1 << 20;
    private const string Processors = "nproc; lscpu | grep -E '^CPU.s.|On-line|Socket|Core|Model name'";
    private const string Blocks = "/sys/devices/system/memory";

    // What lsmem would say: blocks of 128 MiB.
    private const string DefineLsmem = $"lsmem() {{ n=0; for s in {Blocks}/memory*/state; do read v <$s; [ $v != online ] || n=$((n+128)); done; echo $n MiB online; }}";

    /// <exception cref="ScenarioException">It went otherwise than it should.</exception>
    public void Play()
    {
        machine.Boot();
        machine.Run(Processors);
        TwoProcessorsMore();
        OneProcessorLess();
        MemoryComesAndGoes();
        DiskComesAndGoes();
        OneRequestByRest();
        TheGuestRefuses();
        console.Chapter("The guest powers off");
        machine.PowerOff();
    }

    private void TwoProcessorsMore()
    {
        console.Chapter("Two processors are plugged in");
        JsonElement slots = machine.Execute("query-hotpluggable-cpus");
        PlugProcessor(slots[1], "cpu-2");
        PlugProcessor(slots[0], "cpu-3");
        machine.Run("cat /sys/devices/system/cpu/present");
        console.Say("Debian leaves new processors offline until somebody, usually a udev rule, brings them online:");
        long begin = Stopwatch.GetTimestamp();
        machine.Run("echo 1 >/sys/devices/system/cpu/cpu2/online; echo 1 >/sys/devices/system/cpu/cpu3/online");
        console.Time("two processors brought online by the guest", Stopwatch.GetElapsedTime(begin));
        machine.Run(Processors);
    }

    private void PlugProcessor(JsonElement slot, string id)
    {
        JsonElement props = slot.GetProperty("props");
        machine.Plug(
            $$"""{"driver": "{{slot.GetProperty("type").GetString()}}", "id": "{{id}}", "socket-id": {{props.GetProperty("socket-id")}}, "core-id": {{props.GetProperty("core-id")}}, "thread-id": {{props.GetProperty("thread-id")}}}""");

    }

    private void OneProcessorLess()
    {
        console.Chapter("One is taken away again");
        machine.Unplug("cpu-2");
        machine.Run("nproc; cat /sys/devices/system/cpu/online");
        console.Say($"vCPU threads on the host: {machine.Process.CountThreads("vcpu")}");
    }

    private void MemoryComesAndGoes()
    {
        console.Chapter("A DIMM of 256 MiB is plugged in, and taken away again");
        machine.Run(DefineLsmem);
        machine.Run($"echo online_movable >{Blocks}/auto_online_blocks; lsmem; grep MemTotal /proc/meminfo");
        machine.Execute("object-add", $$"""{"qom-type": "memory-backend-ram", "id": "mem1", "size": {{256 * MiB}}}""");
        machine.Plug("""{"driver": "pc-dimm", "id": "dimm1", "memdev": "mem1"}""");
        machine.RunUntil("lsmem", "768 MiB online");
        machine.Run("grep MemTotal /proc/meminfo");
        machine.Unplug("dimm1");
        machine.Execute("object-del", """{"id": "mem1"}""");
        machine.RunUntil("lsmem", "512 MiB online");
    }

    private void DiskComesAndGoes()
    {
        console.Chapter("A disk is plugged in, gets a file system, and is taken away again");
        using (FileStream image = File.Create(machine["disk.raw"]))
        {
            image.SetLength(64 * MiB);
        }

        machine.Execute("blockdev-add", $$"""{"driver": "raw", "node-name": "disk0", "file": {"driver": "file", "filename": "{{machine["disk.raw"]}}" } }""");
        machine.Plug("""{"driver": "virtio-blk-pci", "id": "disk0", "drive": "disk0", "serial": "LIMBER-1"}""", hasStatus: false);
        machine.RunUntil("cat /sys/block/vda/serial 2>/dev/null", "LIMBER-1");
        machine.Run("mke2fs /dev/vda >/dev/null; mkdir -p /mnt; mount -t ext4 /dev/vda /mnt; uname -a >/mnt/file; df -h /mnt; umount /mnt");
        machine.Unplug("disk0");
        machine.Execute("blockdev-del", """{"node-name": "disk0"}""");
        machine.RunUntil("ls -d /sys/block/vd* 2>/dev/null | wc -l", "0");
    }

    private void OneRequestByRest()
    {
        console.Chapter("The same machine by Cloud Hypervisor's REST: processors and memory in one request");
        machine.Run($"echo online_kernel >{Blocks}/auto_online_blocks");
        Expect(204, machine.Put("vm.resize?wait=60", $$"""{"desired_vcpus": 4, "desired_ram": {{StoryMachine.BootMemory + (256 * MiB)}}}"""));
        machine.RunUntil("lsmem", "768 MiB online");
        machine.Run("cat /sys/devices/system/cpu/present");
        console.Say("QMP sees what REST did:");
        machine.Execute("query-memory-size-summary");
    }

    private void TheGuestRefuses()
    {
        console.Chapter("The guest's kernel keeps objects of its own in the new memory, and refuses to give it back");
        machine.Run("mkdir /pin; mount -t tmpfs none /pin; i=0; while [ $i -lt 3000 ]; do : >/pin/$i; i=$((i+1)); done; ls /pin | wc -l");
        Expect(500, machine.Put("vm.resize?wait=60", $$"""{"desired_ram": {{StoryMachine.BootMemory}}}"""));
        machine.RunUntil("lsmem", "768 MiB online");
        console.Say("Every change and its result, as HMP shows them:");
        console.Text(machine.Execute("human-monitor-command", """{"command-line": "info operations"}""").GetString()!);
    }

    private static void Expect(int expected, int status)
    {
        if (status != expected)
        {
            throw new ScenarioException($"the status is {status}, and should be {expected}");
        }
    }
}
