using System.Globalization;
using System.Text.RegularExpressions;

namespace Limber.LabTests;

/// <summary>As many possible processors as KVM takes, most of them with APIC ids that need x2APIC.</summary>
internal static class ScaleScenarios
{
    // The guest sets 256 KiB or so aside for every possible processor.
    private static readonly string[] Memory = ["-m", "1024"];

    public static Scenario[] All => [new("scale-1024-cpus", ThousandAndTwentyFour)];

    private static void ThousandAndTwentyFour(LabContext context)
    {
        LabVm vm = context.StartGuest("2,maxcpus=1024", extra: Memory).Booted();
        vm.ExpectCpus(2);
        Check.Equal("0-1023", vm.Guest.Run("cat /sys/devices/system/cpu/possible"), "possible");
        Match up = Regex.Match(vm.Guest.Output.All, "GUEST-INIT up=([0-9.]+)");
        context.Figures.Add($"guest kernel start to init: {up.Groups[1].Value} s");

        vm.Plug(1023, "last");
        vm.Plug(300, "middle");
        vm.OnlineAll();
        vm.ExpectCpus(4);
        ExpectApicIds(vm, 0, 1, 300, 1023);

        // They work: each runs a process of its own.
        foreach (int id in (int[])[300, 1023])
        {
            string cpu = vm.Guest.Run($"awk -v want={id} '/^processor/ {{p = $3}} /^initial apicid/ && $4 == want {{print p}}' /proc/cpuinfo");
            Check.Equal("ran", vm.Guest.Run($"taskset -c {cpu} sh -c 'echo ran'"), $"a process on the processor with APIC id {id}");
        }

        vm.Unplug("last");
        ExpectApicIds(vm, 0, 1, 300);
        vm.Unplug("middle");
        ExpectApicIds(vm, 0, 1);
        vm.ExpectCpus(2);
        vm.ExpectNoAcpiComplaint();
        vm.PowerOff();
    }

    private static void ExpectApicIds(LabVm vm, params int[] ids)
    {
        string expected = string.Join(' ', System.Array.ConvertAll(ids, i => i.ToString(CultureInfo.InvariantCulture)));
        string actual = vm.Guest.Run("awk '/^initial apicid/ {print $4}' /proc/cpuinfo | sort -n | tr '\\n' ' '");
        Check.Equal(expected, actual.Trim(), "APIC ids in the guest's /proc/cpuinfo");
    }
}
