using System;
using System.Collections.Generic;
using System.Linq;
using Limber.Config;
using Limber.Config.Devices;

namespace Limber.CommandLine.Tests;

/// <summary>Argument lists made of what the dialects know, mixed up and damaged, with a fixed seed.</summary>
public sealed class CommandLineFuzzTests
{
    private static readonly string[] s_names =
        ["limber", "qemu-system-x86_64", "stratovirt", "cloud-hypervisor", "/a/b/limber", "", "/"];

    private static readonly string[] s_options =
    [
        "-M", "-machine", "-smp", "-m", "-cpu", "-accel", "-serial", "-monitor", "-qmp", "-mon", "-chardev", "-name",
        "-uuid", "-kernel", "-initrd", "-append", "-display", "-nographic", "-nodefaults", "-S", "-pidfile", "-device",
        "-D", "-usb", "-no-shutdown", "--kernel", "--cmdline", "--initramfs", "--cpus", "--memory", "--serial",
        "--console", "--api-socket", "--disk", "--no-shutdown", "--seccomp", "-v", "-vv", "--", "-", "---", "qemu",
        "stratovirt", "cloud-hypervisor", "--help", "-version", "--cpus=", "--memory=size=1G", "-drive", "-blockdev", "-netdev", "-object", "-device",
    ];

    private static readonly string[] s_values =
    [
        "q35", "pc", "pc-q35-6.1", "q35,accel=kvm,usb=off", "smp.cpus=2", "1,maxcpus=8", "cpus=4,sockets=2", "host",
        "IvyBridge-IBRS,+avx2,-x2apic", "512", "1.5G", "size=1G,maxmem=1G", "boot=4,max=8", "boot=2,topology=1:2:1:1",
        "size=1024M,shared=on", "stdio", "mon:stdio", "none", "null", "pty", "tty", "off", "file:f", "file=f",
        "unix:s,server=on,wait=off", "unix:s,server,nowait", "tcp::1,server,nowait", "chardev:a", "chardev=a,mode=control",
        "socket,id=a,path=p,server,nowait", "stdio,id=a,mux=on", "path=s", "\"a,b\"", "[1,[2]]", "", ",", "=", ",,", "a=b=c",
        "99999999999999999999999", "-1", "0x10", "\0", "\n", "\u00e4\ud800", "kvm", "true", "false", "help", "?",
        "file=f,if=none,id=d", "raw,node-name=n,file.driver=file,file.filename=f", "{\"driver\":\"file\",\"node-name\":[1]}",
        "tap,id=n,fds=3:4", "virtio-blk-pci,drive=d,id=b,bus=pcie.0,addr=0x1.0x0", "{\"driver\":\"virtio-net-pci\",\"mq\":5}",
        "pcie-root-port,id=rp,port=0x0,bus=pcie.0,addr=1", "rng-random,id=r", "virtserialport,nr=-1", "virtio-serial,id=vs",
    ];

    [Fact]
    public void Parse_AnyArguments_GivesOneOfItsResults()
    {
        Random random = new(20240229);
        int[] seen = new int[3];
        for (int i = 0; i < 50_000; i++)
        {
            string name = s_names[random.Next(s_names.Length)];
            string[] args = Arguments(random);
            CommandLineResult result;
            try
            {
                result = CommandLineParser.Parse(name, args);
            }
            catch (Exception e)
            {
                Assert.Fail($"'{name}' [{string.Join("] [", args)}]: {e}");
                return;
            }

            seen[Check(result)]++;
        }

        // The generator reaches machines, texts and errors often, or it would prove little.
        Assert.All(seen, count => Assert.True(count > 300, string.Join(' ', seen)));
    }

    private static int Check(CommandLineResult result)
    {
        switch (result)
        {
            case CommandLineResult.Run { Config: var config }:
                Assert.InRange(config.Cpus.Boot, 1, config.Cpus.Max);
                Assert.Equal(config.Cpus.Max, config.Cpus.Topology.Total);
                Assert.Equal(0UL, config.Memory.Size % 4096);
                Assert.InRange(config.Serials.Length, 0, 4);
                Assert.True(Stdio(config) <= 1);
                return 0;
            case CommandLineResult.PrintAndExit print:
                Assert.EndsWith("\n", print.Text);
                return 1;
            case CommandLineResult.Serve serve:
                Assert.NotEmpty(serve.ApiSocket);
                return 0;
            default:
                string message = Assert.IsType<CommandLineResult.Error>(result).Message;
                Assert.DoesNotContain(message, char.IsControl);
                Assert.Contains(": ", message);
                return 2;
        }
    }

    private static int Stdio(VmConfig config) =>
        config.Serials.Count(s => s is ChardevConfig.Stdio) + config.Monitors.Count(m => m.Backend is ChardevConfig.Stdio)
        + config.PciDevices.OfType<ConsoleDeviceConfig>().Sum(d => d.Ports.Count(p => p.Backend is ChardevConfig.Stdio));

    private static string[] Arguments(Random random)
    {
        List<string> args = [];
        int count = random.Next(9);
        while (args.Count < count)
        {
            args.Add(s_options[random.Next(s_options.Length)]);
            if (random.Next(5) > 0)
            {
                args.Add(Value(random));
            }
        }

        return [.. args];
    }

    private static string Value(Random random)
    {
        string value = s_values[random.Next(s_values.Length)];
        return random.Next(6) switch
        {
            0 => value + "," + s_values[random.Next(s_values.Length)],
            1 when value.Length > 0 => value.Remove(random.Next(value.Length), 1),
            2 => value.Insert(random.Next(value.Length + 1), ((char)random.Next(0x20, 0x7f)).ToString()),
            _ => value,
        };
    }
}
