using System.Collections.Generic;
using System.Linq;
using System.Text.Json;
using Limber.TestKit;

namespace Limber.LabTests;

/// <summary>A running machine with the test guest, and what scenarios do with it.</summary>
internal sealed record LabVm(VmmProcess Process, QmpClient Qmp, GuestConsole Guest)
{
    private const double BootSeconds = 120;
    private const double EventSeconds = 60;

    /// <summary>Waits until the guest's shell is there.</summary>
    public LabVm Booted()
    {
        Guest.WaitForPrompt(BootSeconds);
        return this;
    }

    /// <summary>Plugs a processor by its index in the list of slots, from the lowest.</summary>
    public void Plug(int index, string id)
    {
        JsonElement slot = Slots().ElementAt(index);
        JsonElement props = slot.GetProperty("props");
        Qmp.Execute(
            "device_add",
            $$"""{"driver": "{{slot.GetProperty("type").GetString()}}", "id": "{{id}}", "socket-id": {{props.GetProperty("socket-id")}}, "core-id": {{props.GetProperty("core-id")}}, "thread-id": {{props.GetProperty("thread-id")}}}""");
        WaitOst(source: 1, status: 0);
    }

    /// <summary>Brings all present processors of the guest online.</summary>
    public void OnlineAll() =>
        Guest.Run("for c in /sys/devices/system/cpu/cpu[0-9]*/online; do read v <$c; [ $v = 1 ] || echo 1 >$c; done");

    /// <summary>Removes a processor and waits until it is gone.</summary>
    public void Unplug(string id)
    {
        Qmp.Execute("device_del", $$"""{"id": "{{id}}"}""");
        Qmp.WaitEvent("DEVICE_DELETED", EventSeconds, e => e.GetProperty("data").TryGetProperty("device", out JsonElement d) && d.GetString() == id);
        WaitOst(source: 3, status: 0);
    }

    public void WaitOst(int source, int status) =>
        Qmp.WaitEvent(
            "ACPI_DEVICE_OST",
            EventSeconds,
            e => e.GetProperty("data").GetProperty("info") is var info
                && info.GetProperty("source").GetInt32() == source && info.GetProperty("status").GetInt32() == status);

    /// <summary>query-hotpluggable-cpus from the lowest slot up.</summary>
    public IReadOnlyList<JsonElement> Slots() => [.. Qmp.Execute("query-hotpluggable-cpus").EnumerateArray().Reverse()];

    /// <summary>The guest's own count of online processors, the host's threads and QMP's list must all be this.</summary>
    public void ExpectCpus(int count)
    {
        Check.Equal(count.ToString(System.Globalization.CultureInfo.InvariantCulture), Guest.Run("nproc"), "the guest's nproc");
        Check.Equal(count, Process.CountThreads("vcpu"), "the host's vCPU threads");
        Check.Equal(count, Qmp.Execute("query-cpus-fast").GetArrayLength(), "query-cpus-fast");
    }

    /// <summary>Powers the guest off; the process must end with 0.</summary>
    public void PowerOff()
    {
        Guest.Type("poweroff -f");
        JsonElement shutdown = Qmp.WaitEvent("SHUTDOWN", EventSeconds);
        Check.Equal("guest-shutdown", shutdown.GetProperty("data").GetProperty("reason").GetString(), "reason of SHUTDOWN");
        Check.Equal(0, Process.WaitForExit(20), "exit code");
    }

    /// <summary>The guest's kernel log must have no complaint about ACPI.</summary>
    public void ExpectNoAcpiComplaint()
    {
        string complaints = Guest.Run("dmesg -r | grep -E '^<[0-4]>' | grep -iE 'acpi|firmware bug|cpu'");
        Check.Equal("", complaints, "ACPI and CPU complaints in the guest's kernel log");
    }
}
