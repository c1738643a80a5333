using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text.Json;
using Limber.TestKit;

namespace Limber.LabTests;

/// <summary>What scenarios about memory do, and how they read the accounts of guest, machine and host.</summary>
internal static class MemoryLab
{
    public const long MiB = 1 << 20;

    /// <summary>The guest's memory blocks.</summary>
    public const string Blocks = "/sys/devices/system/memory";

    /// <summary>Has the guest bring new memory online by itself.</summary>
    /// <param name="guest">Its shell.</param>
    /// <param name="state"><c>online_movable</c>, so that it can be given back, or <c>online_kernel</c>.</param>
    public static void OnlineNew(GuestConsole guest, string state = "online_movable") => guest.Run($"echo {state} >{Blocks}/auto_online_blocks");

    /// <summary>The same, and brings online what has come already.</summary>
    public static void OnlineAll(GuestConsole guest) =>
        guest.Run($"echo online_movable >{Blocks}/auto_online_blocks; for m in {Blocks}/memory*; do read s <$m/state; [ $s = online ] || echo online_movable >$m/state; done");

    /// <summary>Plugs a DIMM with a backend of its own and waits for the guest's answer.</summary>
    public static void Plug(LabVm vm, string id, int mebibytes, string more = "")
    {
        vm.Qmp.Execute("object-add", $$"""{"qom-type": "memory-backend-ram", "id": "m-{{id}}", "size": {{mebibytes * MiB}}}""");
        vm.Qmp.Execute("device_add", $$"""{"driver": "pc-dimm", "id": "{{id}}", "memdev": "m-{{id}}"{{more}}}""");
        vm.WaitOst(source: 1, status: 0);
    }

    /// <summary>Removes a DIMM and its backend and waits until they are gone.</summary>
    public static void Unplug(LabVm vm, string id)
    {
        // The guest's last report may come before the event or after it: pages are given back on a thread of their own.
        vm.Qmp.Execute("device_del", $$"""{"id": "{{id}}"}""");
        vm.Qmp.WaitEvent(
            "DEVICE_DELETED", 60, e => e.GetProperty("data").TryGetProperty("device", out JsonElement device) && device.GetString() == id);
        vm.Qmp.Execute("object-del", $$"""{"id": "m-{{id}}"}""");
    }

    /// <summary>Asks for a size of the virtio-mem device <c>vm0</c>, the only memory device, and waits for the guest.</summary>
    public static void Request(LabVm vm, int mebibytes)
    {
        Wish(vm.Qmp, mebibytes);
        WaitSize(vm, mebibytes);
    }

    /// <summary>Asks for a size of the virtio-mem device <c>vm0</c>.</summary>
    public static void Wish(QmpClient qmp, int mebibytes) =>
        qmp.Execute("qom-set", $$"""{"path": "/machine/peripheral/vm0", "property": "requested-size", "value": {{mebibytes * MiB}}}""");

    /// <summary>Waits until the virtio-mem device has a size.</summary>
    public static void WaitSize(LabVm vm, int mebibytes) => Wait(() => VirtioMemSize(vm.Qmp) == mebibytes * MiB, $"{mebibytes} MiB of virtio-mem");

    /// <summary>query-memory-devices, the data of each.</summary>
    public static IEnumerable<JsonElement> Devices(QmpClient qmp, string type) => qmp.Execute("query-memory-devices").EnumerateArray()
        .Where(d => d.GetProperty("type").GetString() == type).Select(d => d.GetProperty("data"));

    /// <summary>Bytes that the guest has plugged of the only virtio-mem device.</summary>
    public static long VirtioMemSize(QmpClient qmp) => Devices(qmp, "virtio-mem").Single().GetProperty("size").GetInt64();

    /// <summary>Waits until the guest counts as much more memory than before; it may be busy with bringing it online when its ACPI has answered.</summary>
    public static void ExpectMore(GuestConsole guest, long before, int mebibytes)
    {
        long more = 0;
        Wait(
            () => Math.Abs((more = (MemTotal(guest) - before) / 1024) - mebibytes) <= 4,
            $"{mebibytes} MiB more than at the start; the last was {more}");
    }

    /// <summary>KiB.</summary>
    public static long MemTotal(GuestConsole guest) =>
        long.Parse(guest.Run("grep MemTotal /proc/meminfo | tr -dc 0-9"), CultureInfo.InvariantCulture);

    /// <summary>What the host has given the machine.</summary>
    public static long ResidentMiB(VmmProcess process)
    {
        string line = File.ReadLines($"/proc/{process.Id}/status").First(l => l.StartsWith("VmRSS:", StringComparison.Ordinal));
        return long.Parse(string.Concat(line.Where(char.IsAsciiDigit)), CultureInfo.InvariantCulture) / 1024;
    }

    /// <summary>Looks again and again, for a minute.</summary>
    public static void Wait(Func<bool> condition, string what)
    {
        Deadline deadline = Deadline.In(60);
        while (!condition())
        {
            Check.True(!deadline.HasPassed, $"waited {deadline.Elapsed.TotalSeconds:F0} s for {what}");
            System.Threading.Thread.Sleep(50);
        }
    }
}
