using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using Limber.TestKit;

namespace Limber.Bench;

/// <summary>What the monitors' machines have of the host for their disks and network cards: the same for each, and each its own.</summary>
internal sealed class IoHost(IReadOnlyList<Vmm> vmms, string scratch) : IDisposable
{
    /// <summary>Names in the guest and what they are, in the order of the command line.</summary>
    public static readonly (string Name, string What)[] Disks =
    [
        ("vda", "raw, direct, io_uring"),
        ("vdb", "raw, direct, threads"),
        ("vdc", "raw, as neither is told"),
        ("vdd", "qcow2, as neither is told"),
    ];

    private readonly string directory = DirectoryIn(scratch);
    private readonly List<TapLink> links = [];
    private NetPeer? peer;

    public static MachineKind[] Kinds { get; } = [MachineKind.Disks, MachineKind.Cards, MachineKind.HotByAcpi, MachineKind.HotByPort];

    /// <summary>The kernel moves frames between tap interfaces and guests, for monitors that ask.</summary>
    public static bool HasVhost { get; } = File.Exists("/dev/vhost-net");

    /// <summary>The directory of images.</summary>
    public static string DirectoryIn(string scratch) => Path.GetFullPath(Path.Combine(scratch, "limber-bench-disks"));

    /// <summary>Arguments of a machine; what they name is made.</summary>
    public IReadOnlyList<string> Devices(MachineKind kind, Vmm vmm)
    {
        int number = NumberOf(vmm);
        switch (kind)
        {
            case MachineKind.Disks:
                return DiskArguments(number);
            case MachineKind.Cards:
                Directory.CreateDirectory(directory);
                return [.. CardArguments(number, 0, vhost: false), .. HasVhost ? CardArguments(number, 1, vhost: true) : []];
            case MachineKind.HotByAcpi:
                PrepareHot(number);
                return vmm.IsQemu ? Ports : [];
            default:
                PrepareHot(number);
                return vmm.IsQemu ? [.. Ports, "-global", "ICH9-LPC.acpi-pci-hotplug-with-bridge-support=off"] : Ports;
        }
    }

    /// <summary>The file of a disk that comes and goes.</summary>
    public static string HotDisk(int number) => $"hot{number}.img";

    public void Dispose()
    {
        peer?.Dispose();
        links.ForEach(l => l.Dispose());
        if (Directory.Exists(directory))
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    private static string[] Ports =>
    [
        "-device", "pcie-root-port,id=rp1,bus=pcie.0,addr=0x5,chassis=1",
        "-device", "pcie-root-port,id=rp2,bus=pcie.0,addr=0x6,chassis=2",
    ];

    private string[] DiskArguments(int number)
    {
        string Raw(int disk) => BenchImage.MakeRaw(Path.Combine(directory, $"disk{number}-{disk}.img"));
        string[] drives =
        [
            $"file={Raw(0)},format=raw,cache=none,aio=io_uring",
            $"file={Raw(1)},format=raw,cache=none,aio=threads",
            $"file={Raw(2)},format=raw",
            $"file={BenchImage.MakeQcow2(Path.Combine(directory, $"disk{number}-3.qcow2"))},format=qcow2",
        ];
        List<string> arguments = [];
        for (int i = 0; i < drives.Length; i++)
        {
            arguments.AddRange(["-drive", $"{drives[i]},id=d{i},if=none", "-device", $"virtio-blk-pci,drive=d{i},id=disk{i}"]);
        }

        return [.. arguments];
    }

    private string[] CardArguments(int number, int card, bool vhost)
    {
        TapLink link = Link(number, card);
        return
        [
            "-netdev", $"tap,id=n{card},ifname={link.Name},script=no,downscript=no,vhost={(vhost ? "on" : "off")}",
            "-device", $"virtio-net-pci,netdev=n{card},id=card{card},romfile=,mac={link.Mac}",
        ];
    }

    private void PrepareHot(int number)
    {
        BenchImage.MakeRaw(Path.Combine(directory, HotDisk(number)));
        Link(number, 0);
    }

    private TapLink Link(int number, int card)
    {
        peer ??= new NetPeer();
        if (links.Find(l => l.Monitor == number && l.Card == card) is { } known)
        {
            return known;
        }

        var made = new TapLink(number, card);
        links.Add(made);
        return made;
    }

    private int NumberOf(Vmm vmm)
    {
        for (int i = 0; i < vmms.Count; i++)
        {
            if (vmms[i] == vmm)
            {
                return i;
            }
        }

        throw new ScenarioException(string.Create(CultureInfo.InvariantCulture, $"{vmm.Name} is not one of the {vmms.Count} monitors"));
    }
}
