using System;
using System.Diagnostics;
using System.Linq;
using System.Threading;
using Limber.Interop;
using Limber.Memory;
using Limber.Vfio;

namespace Limber.LabTests.Vfio;

/// <summary>Functions of the lab machine, passed through by its kernel's VFIO and its emulated IOMMU (<c>lab/vfio</c>).</summary>
internal static class VfioScenarios
{
    public static Scenario[] All { get; } =
    [
        new("vfio-edu-dma-and-interrupts", PlayEdu),
        new("vfio-nvme-msix-and-reset", PlayNvme),
        new("vfio-host-wants-it-back", PlayRequest),
        new("vfio-refusals", PlayRefusals),
    ];

    // The device of QEMU's docs/specs/edu: DMA between memory and a buffer of its own, MSI and a pin, no reset.
    private static void PlayEdu(LabContext context)
    {
        const ulong Identity = 0, Liveness = 4, Raise = 0x60, Acknowledge = 0x64;
        using var guest = new VfioGuest(VfioHostDevice.Bind("1234", "11e8"));
        guest.Start();
        Check.Equal(0x11E8_1234u, guest.ReadConfig(0), "identity in configuration space");
        Check.Equal((VfioGuest.Bar, 0x10_0000ul), guest.Mapped.Single(), "mapped part of BAR 0");
        Check.Equal(0x0100_00EDul, guest.Read(VfioGuest.Bar + Identity), "identification register");
        guest.Write(VfioGuest.Bar + Liveness, 0x1234_5678);
        Check.Equal(0xEDCB_A987ul, guest.Read(VfioGuest.Bar + Liveness), "liveness register");

        PlayEduDma(guest);

        // The pin: asserted until the device is told, whatever the VMM believes meanwhile.
        guest.Write(VfioGuest.Bar + Raise, 1);
        Await(() => guest.Pin.Edges >= 3, "the pin stays asserted");
        guest.Write(VfioGuest.Bar + Acknowledge, 1);
        Await(() => !guest.Pin.Level, "the pin is deasserted");
        int edges = guest.Pin.Edges;
        Thread.Sleep(200);
        Check.True(guest.Pin.Edges <= edges + 1 && !guest.Pin.Level, $"the pin rose {guest.Pin.Edges - edges} times after it was served");
        context.Figures.Add($"pin asserted {guest.Pin.Edges} times for one interrupt that was left unserved");

        int msi = guest.FindCapability(0x05);
        guest.WriteConfig(msi + 4, 0xFEE0_0000);
        guest.WriteConfig(msi + 12, 0x41, 2);
        guest.WriteConfig(msi + 2, 1, 2);
        guest.Write(VfioGuest.Bar + Raise, 2);
        guest.Vectors.Single(vector => vector.IsUnmasked).Await("MSI of edu");
        guest.Write(VfioGuest.Bar + Acknowledge, 2);

        guest.Reset();
        Check.Equal(1, guest.Faults.Count, "faults after the reset of a function that can't be reset");
        Check.True(guest.Faults[0].Contains("cannot be reset", StringComparison.Ordinal), guest.Faults[0]);
        Check.Equal(0, guest.Oddities.Count, "oddities");
    }

    private static void PlayEduDma(VfioGuest guest)
    {
        const ulong Pattern = 0x0123_4567_89AB_CDEF, From = 0x10_0000, To = 0x20_0000;
        guest.Ram.WriteUInt64(new GuestAddress(From), Pattern);
        CopyByEdu(guest, From, EduBuffer, EduToDevice);
        CopyByEdu(guest, EduBuffer, To, EduToMemory);
        Check.Equal(Pattern, ReadRam(guest, To), "what DMA copied");

        // Without the mapping the IOMMU stops it.
        guest.Ram.WriteUInt64(new GuestAddress(To), 0);
        guest.Manager.UnmapMemory();
        CopyByEdu(guest, EduBuffer, To, EduToMemory);
        Check.Equal(0ul, ReadRam(guest, To), "memory that devices must not reach");
        guest.Manager.MapMemory(guest.Ram);
        CopyByEdu(guest, EduBuffer, To, EduToMemory);
        Check.Equal(Pattern, ReadRam(guest, To), "what DMA copied after the memory came back");
    }

    private const ulong EduBuffer = 0x4_0000;
    private const ulong EduToDevice = 0;
    private const ulong EduToMemory = 2;

    private static void CopyByEdu(VfioGuest guest, ulong from, ulong to, ulong direction)
    {
        const ulong Source = 0x80, Destination = 0x88, Count = 0x90, DmaCommand = 0x98, Run = 1;
        guest.Write(VfioGuest.Bar + Source, from, 8);
        guest.Write(VfioGuest.Bar + Destination, to, 8);
        guest.Write(VfioGuest.Bar + Count, 8, 8);
        guest.Write(VfioGuest.Bar + DmaCommand, Run | direction, 8);
        Await(() => (guest.Read(VfioGuest.Bar + DmaCommand, 8) & Run) == 0, "edu's DMA ends");
    }

    // NVM Express 1.4, 3.1 and 5.15: an admin queue, one Identify, its interrupt, a function level reset.
    private static void PlayNvme(LabContext context)
    {
        const ulong Configuration = 0x14, Status = 0x1C, AdminAttributes = 0x24, AdminSubmission = 0x28, AdminCompletion = 0x30;
        const ulong Submission = 0x10_0000, Completion = 0x10_1000, Data = 0x10_2000, Doorbell = 0x1000;
        const uint Enable = 1 | (6 << 16) | (4 << 20);
        using var guest = new VfioGuest(VfioHostDevice.Bind("1b36", "0010"));
        guest.Start();
        int msix = guest.FindCapability(0x11);
        ulong table = guest.ReadConfig(msix + 4) & ~7u;
        Check.True(guest.Mapped.All(part => table < part.Start - VfioGuest.Bar || table >= part.Start - VfioGuest.Bar + part.Length), "the MSI-X table is mapped");
        Check.True(guest.Mapped.Any(), "no part of BAR 0 is mapped");
        context.Figures.Add("BAR 0 mapped at " + string.Join(", ", guest.Mapped.Select(part => $"0x{part.Start - VfioGuest.Bar:x}+0x{part.Length:x}")));

        guest.Write(VfioGuest.Bar + table, 0xFEE0_0000);
        guest.Write(VfioGuest.Bar + table + 8, 0x42);
        guest.WriteConfig(msix + 2, 0x8000, 2);
        guest.Write(VfioGuest.Bar + table + 12, 0);

        guest.Write(VfioGuest.Bar + AdminAttributes, 0x0001_0001);
        guest.Write(VfioGuest.Bar + AdminSubmission, Submission, 8);
        guest.Write(VfioGuest.Bar + AdminCompletion, Completion, 8);
        guest.Write(VfioGuest.Bar + Configuration, Enable);
        Await(() => (guest.Read(VfioGuest.Bar + Status) & 1) == 1, "the controller is ready");

        guest.Ram.WriteUInt32(new GuestAddress(Submission), 0x0001_0006);
        guest.Ram.WriteUInt64(new GuestAddress(Submission + 24), Data);
        guest.Ram.WriteUInt32(new GuestAddress(Submission + 40), 1);
        long start = Stopwatch.GetTimestamp();
        guest.Write(VfioGuest.Bar + Doorbell, 1);
        guest.Vectors[0].Await("MSI-X vector 0 of nvme");
        context.Figures.Add($"doorbell to event {Stopwatch.GetElapsedTime(start).TotalMilliseconds:F1} ms");
        Check.Equal(0x1B36ul, ReadRam(guest, Data) & 0xFFFF, "vendor in what Identify wrote");
        Check.Equal(1ul << 48, ReadRam(guest, Completion + 8) & 0x1_0000_0000_0000, "phase of the completion");

        start = Stopwatch.GetTimestamp();
        guest.Reset();
        context.Figures.Add($"reset {Stopwatch.GetElapsedTime(start).TotalMilliseconds:F0} ms");
        Check.Equal(0, guest.Mapped.Count(), "mapped parts after the reset");
        guest.Start();
        Check.Equal(0ul, guest.Read(VfioGuest.Bar + Configuration), "controller configuration after the reset");
        Check.Equal(0, guest.Faults.Count, string.Join("; ", guest.Faults));
    }

    // The host's administrator unbinds a function that a guest has: the write ends when the function is given back.
    private static void PlayRequest(LabContext context)
    {
        string path = VfioHostDevice.Bind("1b36", "0010");
        using var requested = new ManualResetEventSlim();
        long start;
        Thread administrator;
        using (var guest = new VfioGuest(path))
        {
            guest.Function.RemovalRequested += _ => requested.Set();
            guest.Start();
            start = Stopwatch.GetTimestamp();
            administrator = new Thread(() => VfioHostDevice.Unbind(path));
            administrator.Start();
            Check.True(requested.Wait(TimeSpan.FromSeconds(30)), "the wish of the host did not arrive");
            context.Figures.Add($"wish heard after {Stopwatch.GetElapsedTime(start).TotalMilliseconds:F0} ms");
        }

        Check.True(administrator.Join(TimeSpan.FromSeconds(30)), "the host did not get its function back");
        context.Figures.Add($"function given back after {Stopwatch.GetElapsedTime(start).TotalMilliseconds:F0} ms");
    }

    private static void PlayRefusals(LabContext context)
    {
        using var manager = new VfioManager();
        string disk = VfioHostDevice.Find("1af4", "1001");
        using var ram = new GuestMemoryRegion(new GuestAddress(0), HostMapping.AllocateShared(1 << 20, "RAM"));
        string text = "";
        try
        {
            manager.Open(disk, "disk", new GuestMemory([ram])).Dispose();
        }
        catch (VfioException refused)
        {
            text = refused.Message;
        }

        Check.True(text.StartsWith(disk, StringComparison.Ordinal) && text.Contains("the driver virtio-pci has it", StringComparison.Ordinal), $"refusal: {text}");
        context.Figures.Add(text);
    }

    private static ulong ReadRam(VfioGuest guest, ulong address)
    {
        Span<byte> value = stackalloc byte[8];
        guest.Ram.Read(new GuestAddress(address), value);
        return BitConverter.ToUInt64(value);
    }

    private static void Await(Func<bool> condition, string what)
    {
        long start = Stopwatch.GetTimestamp();
        while (!condition())
        {
            Check.True(Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(30), $"never: {what}");
            Thread.Sleep(1);
        }
    }
}
