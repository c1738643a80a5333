using System;
using System.Collections.Generic;
using System.Linq;

namespace Limber.CommandLine.Qemu;

/// <summary>
/// All <c>-machine</c> options of a command line and what is sugar for its properties: <c>-smp</c>,
/// <c>-kernel</c>, <c>-initrd</c>, <c>-append</c>, <c>-enable-kvm</c>. Later values win key by key.
/// </summary>
internal sealed class QemuMachineOption
{
    private string? _accel;
    private bool _accelOption;

    /// <summary>The machine type as named by the user.</summary>
    public string Type { get; private set; } = "q35";

    /// <summary>Processor numbers in the order given; keys without the prefix <c>smp.</c>.</summary>
    public List<KeyValuePair<string, string>> Smp { get; } = [];

    public string? Kernel { get; set; }

    public string? Initrd { get; set; }

    public string? Append { get; set; }

    /// <summary><c>-machine</c>.</summary>
    public void Apply(string option, string value)
    {
        foreach ((string key, string text) in QemuKeyValues.Strict(option, value, "type"))
        {
            ApplyProperty(option, key, text);
        }
    }

    /// <summary><c>-accel</c>; several are tried in order, and those not built in are skipped.</summary>
    public void ApplyAccel(string option, string value)
    {
        List<KeyValuePair<string, string>> pairs = QemuKeyValues.Loose(value, "accel");
        string name = pairs.Count > 0 && pairs[0].Key == "accel" ? pairs[0].Value : "";
        for (int i = 1; i < pairs.Count; i++)
        {
            RequireNoOp(option, pairs[i].Key, pairs[i].Value);
        }

        _accelOption = true;
        _accel = _accel is null ? name : _accel + ":" + name;
    }

    /// <summary><c>-enable-kvm</c> and <c>-machine accel=</c>.</summary>
    public void SetAccel(string option, string value)
    {
        if (_accelOption)
        {
            throw new CommandLineException($"{option}: the -accel and \"-machine accel=\" options are incompatible");
        }

        _accel = value;
    }

    /// <summary>Checks what the last value of each option decides.</summary>
    public void Check()
    {
        if (_accel is not null && !_accel.Split(':').Contains("kvm"))
        {
            throw new CommandLineException($"-accel {_accel}: invalid accelerator {_accel} (supported: kvm)");
        }

        if (string.IsNullOrEmpty(Kernel) && Append is not null)
        {
            throw new CommandLineException("-append only allowed with -kernel option");
        }

        if (string.IsNullOrEmpty(Kernel) && Initrd is not null)
        {
            throw new CommandLineException("-initrd only allowed with -kernel option");
        }
    }

    private void ApplyProperty(string option, string key, string value)
    {
        switch (key)
        {
            case "type":
                Type = value;
                break;
            case "accel":
                SetAccel(option, value);
                break;
            case "kernel":
                Kernel = value;
                break;
            case "initrd":
                Initrd = value;
                break;
            case "append":
                Append = value;
                break;
            case not null when key.StartsWith("smp.", StringComparison.Ordinal):
                Smp.Add(new(key["smp.".Length..], value));
                break;
            default:
                RequireNoOp(option, key!, value);
                break;
        }
    }

    /// <summary>
    /// Accepts a property whose value states what this platform does anyway: it has ACPI and the interrupt
    /// controllers of the kernel, and no HPET, VMware port, SMM, USB or graphics.
    /// </summary>
    private static void RequireNoOp(string option, string key, string value)
    {
        string? supported = key switch
        {
            "usb" or "vmport" or "hpet" or "smm" or "nvdimm" or "sata" or "smbus" or "igd-passthru"
                => "off",
            "acpi" or "kernel-irqchip" or "kernel_irqchip" or "fd-bootchk" => "on",
            "graphics" or "dump-guest-core" or "mem-merge" or "suppress-vmdesc" => "on or off",
            "thread" => "multi",
            _ => null,
        };
        if (supported is null)
        {
            throw CommandLineException.NotBuilt($"{option}: property '{key}'");
        }

        string normal = value switch
        {
            "yes" or "true" or "y" => "on",
            "no" or "false" or "n" => "off",
            "auto" when key is "vmport" or "smm" or "acpi" => supported,
            _ => value,
        };
        if (normal != supported && !(supported == "on or off" && normal is "on" or "off"))
        {
            throw CommandLineException.NotBuilt($"{option}: {key}={value}", $"supported: {supported}");
        }
    }
}
