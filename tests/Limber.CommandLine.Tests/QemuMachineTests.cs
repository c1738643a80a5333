using System;
using Limber.Config;

namespace Limber.CommandLine.Tests;

public sealed class QemuMachineTests
{
    [Theory]
    [InlineData("-machine pc", "pc")]
    [InlineData("-M q35", "q35")]
    [InlineData("--machine type=q35", "q35")]
    [InlineData("-M pc-i440fx-7.2", "pc-i440fx-7.2")]
    [InlineData("-M pc-q35-10.0,usb=off", "pc-q35-10.0")]
    [InlineData("-M pc-q35-4.0.1", "pc-q35-4.0.1")]
    [InlineData("-M pc -M q35", "q35")]
    [InlineData("-m 512", "q35")]
    public void Parse_MachineType_IsKeptAsNamed(string line, string expected) =>
        Assert.Equal(expected, CommandLines.Run("limber " + line).MachineType);

    [Theory]
    [InlineData("-machine q35,accel=kvm")]
    [InlineData("-machine q35,accel=kvm:tcg")]
    [InlineData("-machine q35,accel=tcg:kvm")]
    [InlineData("-accel kvm")]
    [InlineData("-accel tcg -accel kvm")]
    [InlineData("-accel kvm,kernel-irqchip=on")]
    [InlineData("-enable-kvm")]
    [InlineData("-machine q35,kernel-irqchip=on,vmport=off,hpet=off,acpi=on,graphics=off,smm=auto,usb=no")]
    [InlineData("-machine dump-guest-core=off,mem-merge=on")]
    public void Parse_WhatThePlatformDoesAnyway_IsAccepted(string line) => CommandLines.Run("limber " + line);

    [Theory]
    [InlineData("-M nosuch", "unsupported machine type: \"nosuch\"; use -machine help to list supported machines")]
    [InlineData("-M pc-q35-99.0", "unsupported machine type: \"pc-q35-99.0\"; use -machine help to list supported machines")]
    [InlineData("-M pc-q35-", "unsupported machine type: \"pc-q35-\"; use -machine help to list supported machines")]
    [InlineData("-M microvm", "-machine microvm: not built yet (supported: pc, q35)")]
    [InlineData("-M isapc", "-machine isapc: not built yet (supported: pc, q35)")]
    [InlineData("-M none", "-machine none: not built yet (supported: pc, q35)")]
    [InlineData("-M q35,accel=tcg", "-accel tcg: invalid accelerator tcg (supported: kvm)")]
    [InlineData("-accel nosuch", "-accel nosuch: invalid accelerator nosuch (supported: kvm)")]
    [InlineData("-accel kvm -enable-kvm", "-enable-kvm: the -accel and \"-machine accel=\" options are incompatible")]
    [InlineData("-M q35,kernel-irqchip=split", "-M q35,kernel-irqchip=split: kernel-irqchip=split: not built yet (supported: on)")]
    [InlineData("-M q35,kernel-irqchip=off", "-M q35,kernel-irqchip=off: kernel-irqchip=off: not built yet (supported: on)")]
    [InlineData("-M q35,usb=on", "-M q35,usb=on: usb=on: not built yet (supported: off)")]
    [InlineData("-M q35,acpi=off", "-M q35,acpi=off: acpi=off: not built yet (supported: on)")]
    [InlineData("-M q35,graphics=maybe", "-M q35,graphics=maybe: graphics=maybe: not built yet (supported: on or off)")]
    [InlineData("-M q35,nosuch=1", "-M q35,nosuch=1: property 'nosuch': not built yet")]
    [InlineData("-M q35,usb", "-M q35,usb: Expected '=' after parameter 'usb'")]
    [InlineData("-append x", "-append only allowed with -kernel option")]
    [InlineData("-initrd x", "-initrd only allowed with -kernel option")]
    [InlineData("-foo", "-foo: invalid option")]
    [InlineData("--foo", "--foo: invalid option")]
    [InlineData("-", "-: invalid option")]
    [InlineData("-no-acpi", "-no-acpi: invalid option")]
    [InlineData("-device", "-device: requires an argument")]
    [InlineData("-object", "-object: requires an argument")]
    [InlineData("-hda x", "-hda x: not built yet (supported: -drive file=FILE,if=virtio)")]
    [InlineData("-netdev user,id=n", "-netdev user,id=n: Parameter 'type' with value 'user': not built yet (supported: tap, vhost-user)")]
    [InlineData("-daemonize", "-daemonize: not built yet")]
    [InlineData("-display gtk", "-display gtk: not built yet (supported: none)")]
    [InlineData("disk.img", "disk.img: a disk image as argument: not built yet")]
    [InlineData("-uuid 1234", "-uuid 1234: failed to parse UUID string: wrong format")]
    public void Parse_Refuses(string line, string expected) =>
        Assert.Equal("limber: " + expected, CommandLines.Error("limber " + line));

    [Theory]
    [InlineData("-cpu nosuch", "unable to find CPU model 'nosuch'")]
    [InlineData("-cpu Nehalem-x86_64-cpu", "unable to find CPU model 'Nehalem-x86_64-cpu'")]
    [InlineData("-cpu ''", "-cpu option cannot be empty")]
    [InlineData("-cpu qemu64,foo=1", "can't apply global qemu64-x86_64-cpu.foo=1: Property 'qemu64-x86_64-cpu.foo' not found")]
    [InlineData("-cpu qemu64,+nosuch", "Property 'qemu64-x86_64-cpu.nosuch' not found")]
    public void Parse_BadCpu_SaysWhatQemuSays(string line, string expected) =>
        Assert.Equal("limber: " + expected, CommandLines.Error("limber " + line));

    [Theory]
    [InlineData("-m 512", "qemu64")]
    [InlineData("-cpu host", "host")]
    [InlineData("-cpu Nehalem-v1", "Nehalem-v1")]
    [InlineData("-cpu qemu64,+avx,-sse2", "qemu64,+avx,-sse2")]
    [InlineData("-cpu max -cpu EPYC", "EPYC")]
    public void Parse_Cpu_IsKeptAsTyped(string line, string expected) =>
        Assert.Equal(expected, CommandLines.Run("limber " + line).Cpus.Model);

    [Theory]
    [InlineData("-machine help", "q35")]
    [InlineData("-M ?", "q35")]
    [InlineData("-cpu help", "  IvyBridge-IBRS\n")]
    [InlineData("-cpu ?", "  qemu64\n")]
    [InlineData("-accel help", "kvm")]
    public void Parse_Help_ListsTheChoices(string line, string expected) =>
        Assert.Contains(expected, CommandLines.Print("limber " + line));

    [Fact]
    public void Parse_RunOptions_ReachTheConfiguration()
    {
        VmConfig config = CommandLines.Run(
            "limber -name guest=web,,1,debug-threads=on -uuid 6ba7b810-9dad-11d1-80b4-00c04fd430c8 -S -no-reboot "
            + "-no-shutdown -pidfile p -kernel first -kernel second -append 'a b'");

        Assert.Equal("web,1", config.Name);
        Assert.Equal(Guid.Parse("6ba7b810-9dad-11d1-80b4-00c04fd430c8"), config.Uuid);
        Assert.True(config is { StartPaused: true, NoReboot: true, NoShutdown: true, PidFile: "p" });
        Assert.Equal(new PayloadConfig("second", null, "a b"), config.Payload);
    }

    [Fact]
    public void Parse_NoRunOptions_HasQuietDefaults()
    {
        VmConfig config = CommandLines.Run("limber -m 512");

        Assert.True(config is { StartPaused: false, NoReboot: false, NoShutdown: false, PidFile: null, Name: null });
        Assert.Equal(Guid.Empty, config.Uuid);
    }

    [Fact]
    public void Parse_LineFeedInValue_StaysOneLine()
    {
        string error = CommandLines.Error("limber -M 'a\nb\u001b[31m'");

        Assert.Contains("a\\x0ab\\x1b[31m", error);
        Assert.DoesNotContain('\n', error);
    }

    [Theory]
    [InlineData("qemu64-x86_64-cpu,id=c,socket-id=1,core-id=0,thread-id=0")]
    [InlineData("{\"driver\":\"qemu64-x86_64-cpu\",\"id\":\"c\"}")]
    public void Device_Processor_IsKeptAsWritten(string device)
    {
        CommandLineResult result = CommandLineParser.Parse("limber", ["-smp", "1,maxcpus=2", "-device", device]);
        Assert.Equal([device], Assert.IsType<CommandLineResult.Run>(result).Config.Devices);
    }
}
