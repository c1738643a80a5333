using System;
using System.Linq;
using System.Text.Json;
using Limber.TestKit;
using static Limber.LabTests.MemoryLab;

namespace Limber.LabTests;

/// <summary>The guest's kernel keeps what it can't move, and says so.</summary>
internal static class MemoryRefusalScenarios
{
    // ACPI 6.5, table 6.11: ejection processing, device in use by application.
    private const int Eject = 3;
    private const int Busy = 0x82;

    public static Scenario[] All => [new("memory-refused", Refused)];

    private static void Refused(LabContext context)
    {
        string api = context["api"];
        LabVm vm = context.StartGuest("2", extra: ["-m", "slots=2,maxmem=2G", "-x-limber", $"api-socket={api}"]).Booted();
        var rest = new RestClient(api);
        long before = MemTotal(vm.Guest);

        // Boot memory is below 4 GiB, so the kernel takes what it allocates for itself from the zone that the DIMM makes.
        OnlineNew(vm.Guest, "online_kernel");
        Plug(vm, "dimm0", 256);
        ExpectMore(vm.Guest, before, 256);
        Check.Equal("3000", vm.Guest.Run("mkdir /pin; mount -t tmpfs none /pin; i=0; while [ $i -lt 3000 ]; do : >/pin/$i; i=$((i+1)); done; ls /pin | wc -l"), "files");

        vm.Qmp.Execute("device_del", """{"id": "dimm0"}""");
        vm.WaitOst(Eject, Busy);
        JsonElement memory = vm.Qmp.WaitEvent("MEM_UNPLUG_ERROR").GetProperty("data");
        Check.Equal("dimm0", memory.GetProperty("device").GetString(), "device of MEM_UNPLUG_ERROR");
        string reason = memory.GetProperty("msg").GetString()!;
        JsonElement error = vm.Qmp.WaitEvent("DEVICE_UNPLUG_GUEST_ERROR").GetProperty("data");
        Check.Equal("/machine/peripheral/dimm0", error.GetProperty("path").GetString(), "path of DEVICE_UNPLUG_GUEST_ERROR");
        ExpectRefused(vm, reason);
        ExpectMore(vm.Guest, before, 256);
        context.Figures.Add("the guest's reason: " + reason);

        // A size asks for the same removal, and says what remains of it.
        (int status, string body) = rest.Send("PUT", "vm.resize?wait=60", $$"""{"desired_ram":{{512 * MiB}}}""");
        Check.Equal(500, status, "status of vm.resize " + body);
        Check.True(body.Contains("refused", StringComparison.OrdinalIgnoreCase), "vm.resize answers " + body);
        ExpectRefused(vm, reason);

        // No guest has to agree when it starts anew.
        int position = vm.Guest.Output.Position;
        vm.Guest.Type("reboot -f");
        vm.Guest.WaitForPrompt(120, position);
        Check.Equal(0, Devices(vm.Qmp, "dimm").Count(), "DIMMs after the reboot");
        ExpectMore(vm.Guest, before, 0);
        vm.PowerOff();
    }

    private static void ExpectRefused(LabVm vm, string reason)
    {
        JsonElement last = vm.Qmp.Execute("x-limber-query-operations").EnumerateArray().Last();
        Check.Equal("refused", last.GetProperty("state").GetString(), $"state of {last.GetRawText()}");
        Check.True(last.GetProperty("detail").GetString()!.Contains(reason, StringComparison.Ordinal), $"{last.GetRawText()} does not say \"{reason}\"");
        Check.Equal(256 * MiB, Devices(vm.Qmp, "dimm").Single().GetProperty("size").GetInt64(), "the DIMM's size");
    }
}
