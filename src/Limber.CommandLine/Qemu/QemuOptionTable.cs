using System;
using System.Collections.Frozen;
using System.Collections.Generic;

namespace Limber.CommandLine.Qemu;

/// <summary>
/// The names of QEMU's options (x86 system emulator, 10.x) and which of them take a value. The names that
/// <see cref="QemuParser"/> does not handle are here so that they are answered by "not built yet" and not
/// by "invalid option".
/// </summary>
internal static class QemuOptionTable
{
    private const string WithValue = """
        machine M cpu accel smp numa add-fd set global boot m mem-path k audio audiodev device name uuid
        fda fdb hda hdb hdc hdd cdrom blockdev drive mtdblock sd fsdev virtfs usbdevice display g rotate vga
        vnc acpitable smbios netdev nic net chardev tpmdev bt bios pflash kernel shim append initrd
        dtb serial parallel monitor qmp qmp-pretty mon debugcon pidfile action watchdog watchdog-action echr
        prom-env incoming object plugin readconfig trace icount seed d D dfilter L loadvm rtc msg overcommit
        option-rom sandbox virtioconsole compat xen-domid run-with chroot runas gdb semihosting-config fw_cfg
        dump-vmstate x-limber
        """;

    private const string WithoutValue = """
        version h help S s enable-kvm daemonize no-reboot no-shutdown nographic nodefaults no-user-config
        full-screen snapshot usb win2k-hack no-fd-bootchk mem-prealloc only-migratable preconfig singlestep
        one-insn-per-tb enable-sync-profile semihosting xen-attach
        """;

    private static readonly FrozenDictionary<string, bool> Options = Build();

    /// <summary>Whether the option is known; the name has no dash.</summary>
    public static bool Contains(string name) => Options.ContainsKey(name);

    /// <summary>Whether the option is known and takes a value.</summary>
    public static bool TakesValue(string name) => Options.TryGetValue(name, out bool takesValue) && takesValue;

    private static FrozenDictionary<string, bool> Build()
    {
        Dictionary<string, bool> options = new(StringComparer.Ordinal);
        foreach (string name in Words(WithValue))
        {
            options[name] = true;
        }

        foreach (string name in Words(WithoutValue))
        {
            options[name] = false;
        }

        return options.ToFrozenDictionary(StringComparer.Ordinal);
    }

    private static string[] Words(string text) =>
        text.Split([' ', '\n', '\r'], StringSplitOptions.RemoveEmptyEntries);
}
